/* The plainest server that libmicrohttpd makes: one answer, the same bytes to every request.
 *
 *     plain HEAD BODY THREADS
 *
 * HEAD holds header lines ("Name: value"), BODY the bytes. Prints the port; ends at the end of standard input. Linked
 * against the same library, with the flags and thread count of the service, it tells what the library itself allows.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *body;
static size_t length;
static char names[32][128], values[32][1024];
static int headers;

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), exit(2), NULL;
    char *bytes = malloc(1 << 20);
    if (!bytes) abort();
    *size = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static void read_head(const char *path) {
    size_t size;
    char *text = read_file(path, &size), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && headers < 32) {
        char *colon = strchr(line, ':');
        if (!colon) continue;
        snprintf(names[headers], sizeof names[0], "%.*s", (int)(colon - line), line);
        snprintf(values[headers], sizeof values[0], "%s", colon + 1 + strspn(colon + 1, " "));
        values[headers][strcspn(values[headers], "\r")] = 0;
        headers++;
    }
    free(text);
}

static enum MHD_Result answer(
    void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_size, void **state) {
    (void)context, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    static int seen;
    if (!*state) return *state = &seen, MHD_YES;
    struct MHD_Response *response = MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    for (int i = 0; i < headers; i++) MHD_add_response_header(response, names[i], values[i]);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "plain HEAD BODY THREADS\n"), 2;
    read_head(arguments[1]);
    body = read_file(arguments[2], &length);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        answer, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)atoi(arguments[3]), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)32768, MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!daemon) return perror("plain"), 1;
    printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    while (getchar() != EOF) {}
    MHD_stop_daemon(daemon);
    return 0;
}
