/* The I/O floor of an import: sends the recorded requests to the same servers with libcurl and reads every answer to its
 * end, parsing nothing.
 *
 *     replay RECORD DEFENDER_BASE CAR_BASE CONNECTIONS
 *
 * Prints the wall time in seconds, requests, bytes read and its own CPU seconds. Exit code 1 where an answer is no success.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct request {
    char *method, *url, *body;
    long length;
    struct curl_slist *headers;
};

static long long bytes_read;

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static size_t discard(char *data, size_t size, size_t count, void *context) {
    (void)data;
    (void)context;
    bytes_read += (long long)(size * count);
    return size * count;
}

static char *joined(const char *a, const char *b) {
    char *text = malloc(strlen(a) + strlen(b) + 1);
    if (!text) abort();
    return strcat(strcpy(text, a), b);
}

static void add_header(struct request *request, const char *name, const char *value) {
    if (!*value) return;
    char *line = joined(name, value);
    request->headers = curl_slist_append(request->headers, line);
    free(line);
}

/* One request; 0 at the end of the file. */
static int read_request(FILE *file, const char *defender, const char *car, struct request *request) {
    char *line = NULL;
    size_t room = 0;
    if (getline(&line, &room, file) < 0) return free(line), 0;
    line[strcspn(line, "\n")] = 0;
    char *fields[6], *rest = line;
    for (int i = 0; i < 6; i++) {
        fields[i] = strsep(&rest, "\t");
        if (!fields[i]) fprintf(stderr, "replay: a line lacks fields\n"), exit(2);
    }
    memset(request, 0, sizeof *request);
    request->method = strdup(fields[1]);
    request->url = joined(strcmp(fields[0], "car") == 0 ? car : defender, fields[2]);
    add_header(request, "Authorization: ", fields[3]);
    add_header(request, "Content-Type: ", fields[4]);
    request->length = atol(fields[5]);
    request->body = malloc((size_t)request->length + 1);
    if (!request->body || fread(request->body, 1, (size_t)request->length, file) != (size_t)request->length) exit(2);
    fgetc(file);
    free(line);
    return 1;
}

static void start(CURLM *multi, CURL *easy, const struct request *request) {
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    if (request->length > 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, request->length);
    }
    curl_multi_add_handle(multi, easy);
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "usage: replay RECORD DEFENDER_BASE CAR_BASE CONNECTIONS\n"), 2;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return perror(argv[1]), 2;
    size_t count = 0, room = 0;
    struct request *requests = NULL, request;
    while (read_request(file, argv[2], argv[3], &request)) {
        if (count == room) requests = realloc(requests, (room = room ? room * 2 : 1024) * sizeof *requests);
        if (!requests) abort();
        requests[count++] = request;
    }
    int connections = atoi(argv[4]);
    if (connections < 1) connections = 1;
    curl_global_init(CURL_GLOBAL_ALL);
    CURLM *multi = curl_multi_init();
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    double cpu_before = cpu_seconds();
    size_t next = 0;
    long failures = 0;
    int running = 0;
    for (int i = 0; i < connections && next < count; i++) start(multi, curl_easy_init(), &requests[next++]);
    do {
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *easy = message->easy_handle;
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            /* Before its first import CAR answers 404 for the source. */
            if (message->data.result != CURLE_OK || (status >= 400 && status != 404)) failures++;
            curl_multi_remove_handle(multi, easy);
            if (next < count) start(multi, easy, &requests[next++]), running++;
            else curl_easy_cleanup(easy);
        }
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running || next < count);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.3f %zu %lld %.3f\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9, count,
           bytes_read, cpu_seconds() - cpu_before);
    if (failures) fprintf(stderr, "replay: %ld answers were no success\n", failures);
    return failures != 0;
}
