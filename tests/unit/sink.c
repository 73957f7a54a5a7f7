/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP input alone, for the tests with other people's clients (tests/clients/run):
 * `sink TOKEN CERTIFICATE KEY CLIENT-CA` prints the port it got, then each record as a
 * JSON text on a line of its own, until its standard input ends. "" leaves out what it
 * is.
 */
#include "base/jsonw.h"
#include "intake/http.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "intake_fake.h"

static size_t print_from(struct yg_intake *in, size_t from)
{
    struct yg_buf b;

    pthread_mutex_lock(&in->lock);
    for (; from < in->count; from++) {
        yg_buf_init(&b, (size_t)8 << 20);
        struct yg_jsonw j = yg_jsonw_of(&b);
        yg_jsonw_str(&j, in->rec[from].raw);
        puts(yg_buf_cstr(&b));
        yg_buf_fini(&b);
    }
    pthread_mutex_unlock(&in->lock);
    fflush(stdout);
    return from;
}

int main(int argc, char **argv)
{
    static struct yg_intake in;
    struct yg_err err = { 0 };
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    void *state = NULL;
    size_t printed = 0;
    char rest[64];

    if (argc != 5)
        return 2;
    struct yg_input_conf conf = { .listen = YG_STR("127.0.0.1:0"),
                                  .token = yg_str_of(argv[1]),
                                  .certificate = yg_str_of(argv[2]),
                                  .key = yg_str_of(argv[3]),
                                  .client_ca = yg_str_of(argv[4]),
                                  .elasticsearch_version = YG_STR("9.9.9"),
                                  .max_body = (uint64_t)64 << 20,
                                  .max_connections = 64,
                                  .idle_timeout = 60 };
    fake_init(&in);
    if (yg_intake_http.start(&in, &conf, 0, &state, &err) != YG_OK) {
        fprintf(stderr, "sink: %s\n", err.msg);
        return 1;
    }
    printf("%u\n", yg_http_port(state));
    fflush(stdout);
    for (;;) {
        if (poll(&p, 1, 50) > 0 && read(p.fd, rest, sizeof(rest)) <= 0)
            break;
        printed = print_from(&in, printed);
    }
    yg_intake_http.stop(state);
    yg_intake_http.free(state);
    (void)print_from(&in, printed);
    fake_fini(&in);
    return 0;
}
