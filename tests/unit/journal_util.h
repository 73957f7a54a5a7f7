/* SPDX-License-Identifier: Apache-2.0 */
/* A journal in a folder of its own, records that are numbered, and a reader that checks.
 */
#ifndef YG_TEST_JOURNAL_UTIL_H
#define YG_TEST_JOURNAL_UTIL_H

#include "intake/journal.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define JOURNAL_WAIT ((int64_t)20 * YG_NS_PER_S)

struct journal_box {
    char dir[64];
    struct yg_clock clock;
    struct yg_source source[2];
    struct yg_journal_options opt;
    struct yg_journal *j;
    struct yg_err err;
};

static inline void box_init(struct journal_box *b)
{
    *b = (struct journal_box){ .clock = yg_clock_manual(1700000000 * YG_NS_PER_S) };
    snprintf(b->dir, sizeof(b->dir), "/tmp/yagura-journal-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    b->source[0] = (struct yg_source){ .tenant = YG_STR("acme"),
                                       .name = YG_STR("edge"),
                                       .format = YG_STR("log"),
                                       .offset_min = 540 };
    b->source[1] = (struct yg_source){ .tenant = YG_STR("acme"),
                                       .name = YG_STR("web"),
                                       .format = YG_STR("eve"),
                                       .log_source = true };
    b->opt = (struct yg_journal_options){ .source = b->source,
                                          .source_count = 2,
                                          .clock = &b->clock };
}

static inline void box_open(struct journal_box *b)
{
    if (yg_journal_open(b->dir, &b->opt, &b->j, &b->err) != YG_OK)
        fail_msg("open: %s", b->err.msg);
}

static inline void box_close(struct journal_box *b)
{
    yg_journal_close(b->j);
    b->j = NULL;
}

/* Names of the segments, oldest first; how many. */
static inline size_t box_segments(const struct journal_box *b, char name[][64],
                                  size_t most)
{
    struct dirent **list = NULL;
    int n = scandir(b->dir, &list, NULL, alphasort);
    size_t count = 0;

    for (int i = 0; i < n; i++) {
        const char *s = list[i]->d_name;
        if (strlen(s) == 20 && strcmp(s + 16, ".ygj") == 0 && count < most)
            snprintf(name[count++], 64, "%.60s", s);
        free(list[i]);
    }
    free(list);
    return count;
}

static inline void box_path(const struct journal_box *b, const char *name, char out[160])
{
    snprintf(out, 160, "%s/%s", b->dir, name);
}

static inline void box_fini(struct journal_box *b)
{
    DIR *d = opendir(b->dir);
    char path[400];

    box_close(b);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        snprintf(path, sizeof(path), "%s/%s", b->dir, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(b->dir);
}

/* One unit of `n` records that are numbered from `first`, each `size` bytes. */
static inline enum yg_status box_add(struct journal_box *b, uint64_t first, size_t n,
                                     size_t size, uint64_t *ticket)
{
    struct yg_journal_record rec[8];
    char *text = malloc(8 * (size + 32));

    assert_non_null(text);
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++) {
        char *p = text + i * (size + 32);
        int len = snprintf(p, 32, "%llu ", (unsigned long long)(first + i));
        for (size_t k = (size_t)len; k < size; k++)
            p[k] = (char)('a' + (first + i + k) % 26);
        rec[i] = (struct yg_journal_record){
            .received_ns = (int64_t)(1000 + first + i),
            .source = (first + i) % 2,
            .peer = YG_STR("192.0.2.1:514"),
            .raw = { p, size > (size_t)len ? size : (size_t)len },
        };
    }
    enum yg_status st = yg_journal_add(b->j, rec, n, ticket, &b->err);
    free(text);
    return st;
}

static inline void box_durable(struct journal_box *b, uint64_t ticket)
{
    assert_int_equal(yg_journal_wait(b->j, ticket, JOURNAL_WAIT), YG_OK);
}

static inline uint64_t number_of(const struct yg_journal_record *rec)
{
    struct yg_str rest = rec->raw;
    uint64_t v = UINT64_MAX;

    assert_true(yg_str_u64(yg_str_cut(&rest, ' '), &v));
    return v;
}

/* Read on: numbers must follow `*next`. Returns the status that ended it. */
static inline enum yg_status box_read(struct yg_journal_reader *r, uint64_t *next,
                                      uint64_t most, struct yg_journal_place *after)
{
    struct yg_journal_record rec;
    struct yg_err err = { 0 };

    for (uint64_t i = 0; i < most; i++) {
        enum yg_status st = yg_journal_next(r, &rec, after, &err);
        if (st != YG_OK)
            return st;
        uint64_t n = number_of(&rec);
        if (n != *next)
            fail_msg("record %llu, not %llu", (unsigned long long)n,
                     (unsigned long long)*next);
        assert_int_equal(rec.received_ns, 1000 + n);
        assert_true(rec.raw.n < 32 ||
                    rec.raw.p[rec.raw.n - 1] == (char)('a' + (n + rec.raw.n - 1) % 26));
        ++*next;
    }
    return YG_OK;
}

#endif
