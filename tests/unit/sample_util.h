/* SPDX-License-Identifier: Apache-2.0 */
/* A small generated data set in a fresh directory, for the tests that look at it. */
#ifndef YG_TESTS_SAMPLE_UTIL_H
#define YG_TESTS_SAMPLE_UTIL_H

#include "sample/sample.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TENANTS 3
#define DAYS    10
#define ALERTS  24000
#define THREATS 90

struct text {
    char *p;
    size_t n;
};

static YG_UNUSED struct text slurp(const char *path)
{
    struct text t = { NULL, 0 };
    FILE *f = fopen(path, "rb");
    struct stat st;

    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    t.p = malloc((size_t)st.st_size + 1);
    assert_non_null(t.p);
    t.n = fread(t.p, 1, (size_t)st.st_size, f);
    t.p[t.n] = '\0';
    fclose(f);
    return t;
}

static YG_UNUSED char *fresh_dir(char out[64])
{
    snprintf(out, 64, "/tmp/yg-sample-XXXXXX");
    assert_non_null(mkdtemp(out));
    return out;
}

static YG_UNUSED int remove_one(const char *path, const struct stat *st, int type,
                                struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static YG_UNUSED void remove_dir(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static YG_UNUSED struct yg_sample_counts write_ok(const char *dir, uint64_t seed,
                                                  bool gzip)
{
    struct yg_sample_counts counts;
    struct yg_err err = { 0 };
    struct yg_sample_params p = { .dir = dir,
                                  .seed = seed,
                                  .tenants = TENANTS,
                                  .days = DAYS,
                                  .alerts = ALERTS,
                                  .threats = THREATS,
                                  .gzip = gzip,
                                  .counts = &counts };

    if (yg_sample_write(&p, &err) != YG_OK)
        fail_msg("%s: %s", err.path, err.msg);
    return counts;
}

/* One written data set that the following tests look at. */
struct set {
    char dir[64];
    struct yg_sample_counts counts;
};

static YG_UNUSED int set_up(void **state)
{
    static struct set s;

    s.counts = write_ok(fresh_dir(s.dir), 42, false);
    *state = &s;
    return 0;
}

static YG_UNUSED int tear_down(void **state)
{
    const struct set *s = *state;

    remove_dir(s->dir);
    return 0;
}

static const char *const tenant[TENANTS] = { "aoba-01", "birch-02", "cedar-03" };

static YG_UNUSED struct text day_file(const struct set *s, int t, int day,
                                      const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s/day-%02d/%s", s->dir, tenant[t], day + 1, name);
    return slurp(path);
}

/* What stands after `key` up to one of `stop`; {NULL, 0}: no such key. */
static YG_UNUSED struct yg_str after(struct yg_str line, const char *key,
                                     const char *stop)
{
    char *at = memmem(line.p, line.n, key, strlen(key));

    if (!at)
        return YG_STR_NONE;
    at += strlen(key);
    size_t n = 0;
    while (at + n < line.p + line.n && !strchr(stop, at[n]))
        n++;
    return (struct yg_str){ at, n };
}

#endif
