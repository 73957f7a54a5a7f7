/* SPDX-License-Identifier: Apache-2.0 */
/* An intake that runs in a thread, and what comes out of its journal. */
#ifndef YG_TEST_INTAKE_UTIL_H
#define YG_TEST_INTAKE_UTIL_H

#include "intake/intake.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct intake_box {
    char dir[64], journal[96]; /* the journal is a folder in dir */
    struct yg_arena arena;
    struct yg_inputs *inputs;
    struct yg_clock clock;
    struct yg_intake_options opt;
    struct yg_intake *in;
    pthread_t thread;
    struct yg_journal_reader *reader;
    struct yg_journal_record rec; /* the last one that was read */
    struct yg_err err;
};

static inline void *intake_box_loop(void *arg)
{
    struct intake_box *b = arg;

    return yg_intake_run(b->in, &b->err) == YG_OK ? b : NULL;
}

static inline void intake_box_init(struct intake_box *b)
{
    *b = (struct intake_box){ .clock = yg_clock_real() };
    snprintf(b->dir, sizeof(b->dir), "/tmp/yagura-intake-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->journal, sizeof(b->journal), "%s/journal", b->dir);
    b->inputs = calloc(1, sizeof(*b->inputs));
    assert_non_null(b->inputs);
    yg_arena_init(&b->arena, (size_t)16 << 20);
    b->opt = (struct yg_intake_options){ .inputs = b->inputs,
                                         .dir = b->journal,
                                         .clock = &b->clock };
}

/* The list of inputs in YAML; paths are from b->dir on. */
static inline enum yg_status intake_box_start(struct intake_box *b, const char *yaml)
{
    char conf[96];

    snprintf(conf, sizeof(conf), "%s/y.yaml", b->dir);
    if (yg_inputs_parse(b->inputs, &b->arena, conf, yg_str_of(yaml), &b->err) != YG_OK)
        fail_msg("%d: %s", b->err.line, b->err.msg);
    enum yg_status st = yg_intake_start(&b->opt, &b->in, &b->err);
    if (st != YG_OK)
        return st;
    assert_int_equal(pthread_create(&b->thread, NULL, intake_box_loop, b), 0);
    return YG_OK;
}

static inline void intake_box_stop(struct intake_box *b)
{
    void *ok = NULL;

    if (!b->in)
        return;
    yg_intake_end(b->in);
    pthread_join(b->thread, &ok);
    assert_non_null(ok);
    yg_intake_free(b->in);
    b->in = NULL;
}

static inline void intake_box_empty(const char *dir)
{
    DIR *d = opendir(dir);
    char path[1024];

    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
            continue;
        if (unlink(path) != 0 && errno == EISDIR)
            intake_box_empty(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

static inline void intake_box_fini(struct intake_box *b)
{
    intake_box_stop(b);
    yg_journal_reader_close(b->reader);
    intake_box_empty(b->dir);
    yg_arena_fini(&b->arena);
    free(b->inputs);
}

/* The next record into b->rec; false: none within `ms`. */
static inline bool intake_box_next(struct intake_box *b, int ms)
{
    struct yg_journal_place after, start = { 0, 0 };

    if (!b->reader)
        assert_int_equal(yg_journal_reader_open(b->journal, start, &b->reader, &b->err),
                         YG_OK);
    for (int i = 0; i <= ms / 10; i++) {
        enum yg_status st = yg_journal_next(b->reader, &b->rec, &after, &b->err);
        if (st == YG_OK) {
            yg_journal_consumed(b->reader, after);
            return true;
        }
        assert_int_equal(st, YG_EEND);
        (void)!yg_journal_reader_wait(b->reader, 10000000);
    }
    return false;
}

static inline void intake_box_expect(struct intake_box *b, const char *raw)
{
    if (!intake_box_next(b, 10000))
        fail_msg("nothing came, not \"%s\"", raw);
    if (!yg_str_eq(b->rec.raw, yg_str_of(raw)))
        fail_msg("\"%.*s\" came, not \"%s\"", YG_STR_ARG(b->rec.raw), raw);
}

static inline uint64_t intake_box_count(struct intake_box *b, uint32_t input,
                                        enum yg_intake_counter c)
{
    struct yg_intake_state *s = NULL;
    const struct yg_input_conf *conf = &b->inputs->input[input];

    assert_int_equal(yg_intake_state_open(b->journal, false, &s, &b->err), YG_OK);
    int row = yg_intake_state_row(s, conf->tenant, conf->source);
    assert_true(row >= 0);
    uint64_t v = yg_intake_state_get(s, (uint32_t)row, c);
    yg_intake_state_close(s);
    return v;
}

/* Wait until a counter has reached `least`. */
static inline void intake_box_until(struct intake_box *b, uint32_t input,
                                    enum yg_intake_counter c, uint64_t least)
{
    for (int i = 0; i < 1000; i++) {
        if (intake_box_count(b, input, c) >= least)
            return;
        usleep(10000);
    }
    fail_msg("counter %d stayed at %llu", (int)c,
             (unsigned long long)intake_box_count(b, input, c));
}

/* A socket connected to an input's port on 127.0.0.1. */
static inline int intake_box_dial(struct intake_box *b, uint32_t input, int type)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons(yg_intake_port(b->in, input)),
                             .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static inline void intake_box_say(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, text, n, MSG_NOSIGNAL);
        assert_true(done > 0);
        text += done;
        n -= (size_t)done;
    }
}
#define SAY(fd, lit) intake_box_say(fd, lit, sizeof(lit) - 1)

#endif
