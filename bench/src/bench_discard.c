/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_discard - an HTTP server that reads bodies, throws them away and says the same to
 * all: what the library alone costs, beside which the HTTP input is measured.
 *
 * bench_discard PORT BYTES: every request is answered 200 with a body of BYTES blanks.
 * libmicrohttpd as the HTTP input starts it: one thread, epoll. Ends on standard input's.
 */
#include "base/str.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY ((size_t)64 << 10) /* a connection's, as of the HTTP input */

/* libmicrohttpd's MHD_AccessHandlerCallback has eight parameters. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state)
{
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (!*state) {
        *state = c; /* the headers are there */
        return MHD_YES;
    }
    if (*upload_size == 0)
        return MHD_queue_response(c, 200, cls);
    *upload_size = 0;
    return MHD_YES;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    uint64_t port = 0, bytes = 0;
    char c;

    if (argc != 3 || !yg_str_u64(yg_str_of(argv[1]), &port) || port > 65535 ||
        !yg_str_u64(yg_str_of(argv[2]), &bytes) || bytes > (uint64_t)1 << 24) {
        fputs("usage: bench_discard PORT BYTES\n", stderr);
        return 2;
    }
    at.sin_port = htons((uint16_t)port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char *body = malloc(bytes + 1);
    if (!body)
        return 1;
    memset(body, ' ', bytes);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(bytes, body, MHD_RESPMEM_MUST_FREE);
    struct MHD_Daemon *d =
        r ? MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, r,
                             MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, MHD_OPTION_END)
          : NULL;
    if (!d) {
        fputs("bench_discard: cannot listen\n", stderr);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &c, 1) > 0)
        ;
    MHD_stop_daemon(d);
    MHD_destroy_response(r);
    return 0;
}
