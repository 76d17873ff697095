// What Swift can't import from libmicrohttpd: its variadic functions, unions behind them, and macros.
#pragma once
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>

// The options of one daemon, typed; zero or NULL leaves an option at the library's default.
struct cmhd_settings {
    int listen_socket;
    unsigned int threads;
    unsigned int connections_max;
    unsigned int connections_per_address_max;
    unsigned int idle_seconds;
    size_t connection_memory_bytes;
    const char *certificate_pem;
    const char *key_pem;
    const char *client_ca_pem;
    // Handed to every callback below.
    void *context;
    MHD_LogCallback log;
    MHD_AcceptPolicyCallback accept;
    MHD_AccessHandlerCallback handle;
    void *(*read_line)(void *context, const char *uri, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection_changed;
    size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
};

static inline struct MHD_Daemon *cmhd_start(const struct cmhd_settings *s) {
    struct MHD_OptionItem o[20];
    memset(o, 0, sizeof(o));
    unsigned int n = 0;
#define CMHD_ADD(name, number, pointer) \
    do { \
        o[n].option = name; \
        o[n].value = (intptr_t)(number); \
        o[n].ptr_value = (void *)(pointer); \
        n++; \
    } while (0)
    CMHD_ADD(MHD_OPTION_EXTERNAL_LOGGER, s->log, s->context);
    CMHD_ADD(MHD_OPTION_LISTEN_SOCKET, s->listen_socket, NULL);
    CMHD_ADD(MHD_OPTION_URI_LOG_CALLBACK, s->read_line, s->context);
    CMHD_ADD(MHD_OPTION_UNESCAPE_CALLBACK, s->unescape, s->context);
    CMHD_ADD(MHD_OPTION_NOTIFY_COMPLETED, s->completed, s->context);
    CMHD_ADD(MHD_OPTION_NOTIFY_CONNECTION, s->connection_changed, s->context);
    CMHD_ADD(MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory_bytes, NULL);
    CMHD_ADD(MHD_OPTION_CONNECTION_LIMIT, s->connections_max, NULL);
    CMHD_ADD(MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->connections_per_address_max, NULL);
    CMHD_ADD(MHD_OPTION_CONNECTION_TIMEOUT, s->idle_seconds, NULL);
    CMHD_ADD(MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
    if (s->threads > 1) CMHD_ADD(MHD_OPTION_THREAD_POOL_SIZE, s->threads, NULL);
    unsigned int flags = MHD_USE_ERROR_LOG | MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC
        | MHD_ALLOW_SUSPEND_RESUME;
    if (s->certificate_pem != NULL) {
        flags |= MHD_USE_TLS;
        CMHD_ADD(MHD_OPTION_HTTPS_MEM_CERT, 0, s->certificate_pem);
        CMHD_ADD(MHD_OPTION_HTTPS_MEM_KEY, 0, s->key_pem);
        if (s->client_ca_pem != NULL) CMHD_ADD(MHD_OPTION_HTTPS_MEM_TRUST, 0, s->client_ca_pem);
    }
    CMHD_ADD(MHD_OPTION_END, 0, NULL);
#undef CMHD_ADD
    return MHD_start_daemon(flags, 0, s->accept, s->context, s->handle, s->context, MHD_OPTION_ARRAY, o, MHD_OPTION_END);
}

static const uint64_t cmhd_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t cmhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

// Has the connection closed after this answer, and its body never chunked.
static inline void cmhd_close_afterwards(struct MHD_Response *response) {
    (void)MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

// The peer's address, or NULL.
static inline const struct sockaddr *cmhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

// The connection's socket, or -1.
static inline int cmhd_client_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : (int)info->connect_fd;
}

// What the connection callback stored for this connection, or NULL.
static inline void *cmhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static inline gnutls_session_t cmhd_tls_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

// Before the handshake: gives a connection its credentials in place of the daemon's, which can't be changed while it runs.
// With `demand` the handshake fails without a valid client certificate; the library itself only *requests* one.
// Returns 0 when the connection has no TLS session or the credentials can't be set.
static inline int cmhd_use_credentials(
    struct MHD_Connection *connection, gnutls_certificate_credentials_t credentials, int demand) {
    gnutls_session_t session = cmhd_tls_session(connection);
    if (session == NULL) return 0;
    if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) < 0) return 0;
    if (demand) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, NULL, 0);
    }
    return 1;
}

// Whether the handshake verified a certificate of the client.
static inline int cmhd_has_client_certificate(struct MHD_Connection *connection) {
    gnutls_session_t session = cmhd_tls_session(connection);
    if (session == NULL) return 0;
    unsigned int count = 0;
    return gnutls_certificate_get_peers(session, &count) != NULL && count > 0
        && gnutls_session_get_verify_cert_status(session) == 0;
}

// Credentials of PEM texts, or NULL; then `fault` tells which text is unusable: 1 certificate or key, 2 client authorities,
// 3 out of memory. `reason` gets a static text.
static inline gnutls_certificate_credentials_t cmhd_make_credentials(
    const char *certificate, const char *key, const char *client_ca, int *fault, const char **reason) {
    gnutls_certificate_credentials_t credentials;
    *reason = "no certificate found";
    *fault = 3;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0) return NULL;
    gnutls_datum_t c = {(unsigned char *)certificate, (unsigned int)strlen(certificate)};
    gnutls_datum_t k = {(unsigned char *)key, (unsigned int)strlen(key)};
    *fault = 0;
    int code = gnutls_certificate_set_x509_key_mem(credentials, &c, &k, GNUTLS_X509_FMT_PEM);
    if (code < 0) {
        *fault = 1;
    } else if (client_ca != NULL) {
        gnutls_datum_t a = {(unsigned char *)client_ca, (unsigned int)strlen(client_ca)};
        code = gnutls_certificate_set_x509_trust_mem(credentials, &a, GNUTLS_X509_FMT_PEM);
        if (code <= 0) *fault = 2;
    }
    if (*fault == 0) return credentials;
    if (code < 0) *reason = gnutls_strerror(code);
    gnutls_certificate_free_credentials(credentials);
    return NULL;
}
