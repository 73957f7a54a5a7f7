/* SPDX-License-Identifier: Apache-2.0 */
/* Where the store's secret lies, who may read it, and what becomes of older stores. */
#include "store_util.h"

#include "model/file.h"
#include "yagura/app.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct keys {
    unsigned char coin[YG_COIN_SECRET], key[32], sign[64];
};

static struct yg_app app_of(struct fixture *f)
{
    struct yg_app a = { .store = f->st, .dir = f->dir, .read_only = f->opt.read_only };

    yg_arena_init(&a.arena, 1 << 20);
    return a;
}

static enum yg_status ask(struct fixture *f, struct keys *k)
{
    struct yg_app a = app_of(f);
    enum yg_status st = yg_app_coin(&a, k->coin, &f->err);

    if (st == YG_OK)
        st = yg_app_keys(&a, k->key, k->sign, &f->err);
    yg_arena_fini(&a.arena);
    return st;
}

static const char *path_of(struct fixture *f)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/secret", f->dir);
    return path;
}

/* Does any file of the store but `secret` hold these bytes? */
static bool holds(struct fixture *f, const void *p, size_t n)
{
    char path[128];
    struct stat sb;

    snprintf(path, sizeof(path), "%s/yagura.db", f->dir);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &sb) == 0);
    char *all = malloc((size_t)sb.st_size + 1);
    assert_true(read(fd, all, (size_t)sb.st_size) == sb.st_size);
    close(fd);
    bool found = memmem(all, (size_t)sb.st_size, p, n) != NULL;
    free(all);
    return found;
}

static void made_once_for_the_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct keys a, b;
    struct stat sb;

    fixture_open(f);
    assert_ok(f, ask(f, &a));
    assert_int_equal(stat(path_of(f), &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0600);
    fixture_reopen(f);
    assert_ok(f, ask(f, &b));
    assert_memory_equal(&a, &b, sizeof(a));
    fixture_close(f);
    assert_false(holds(f, a.coin, sizeof(a.coin)));
    assert_false(holds(f, a.sign, 32));
    f->opt.read_only = true;
    fixture_open(f);
    assert_ok(f, ask(f, &b));
    assert_memory_equal(&a, &b, sizeof(a));
    unlink(path_of(f));
}

static void what_is_wrong_with_it_is_said(void **state)
{
    struct fixture *f = *state;
    struct keys k;
    char text[4096], other[4096];

    fixture_open(f);
    assert_ok(f, ask(f, &k));
    int fd = open(path_of(f), O_RDONLY);
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    assert_int_equal(chmod(path_of(f), 0640), 0);
    assert_status(YG_EINVAL, ask(f, &k));
    assert_non_null(strstr(f->err.msg, "chmod 600"));
    assert_int_equal(unlink(path_of(f)), 0);
    for (int round = 0; round < 2; round++) { /* it is not made anew */
        assert_status(YG_ENOTFOUND, ask(f, &k));
        assert_non_null(strstr(f->err.msg, "restore it from a backup"));
    }
    memcpy(other, text, (size_t)n);
    char *digit = strstr(other, "coin ") + 5;
    *digit = *digit == '0' ? '1' : '0';
    const struct {
        const char *name, *bytes, *says;
        size_t n;
    } bad[] = {
        { "another store's", other, "belongs to another store", (size_t)n },
        { "cut off", text, "damaged", (size_t)n - 9 },
        { "empty", "", "damaged", 0 },
        { "something else", "hello\n", "damaged", 6 },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        fd = open(path_of(f), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, bad[i].bytes, bad[i].n), bad[i].n);
        close(fd);
        assert_status(YG_ECORRUPT, ask(f, &k));
        if (!strstr(f->err.msg, bad[i].says))
            fail_msg("%s: %s", bad[i].name, f->err.msg);
    }
    unlink(path_of(f));
    assert_int_equal(symlink("yagura.db", path_of(f)), 0);
    assert_status(YG_EIO, ask(f, &k));
    unlink(path_of(f));
}

/* An older store keeps its toss and its signature; what was in the database is gone. */
static void an_older_store_is_moved(void **state)
{
    struct fixture *f = *state;
    unsigned char coin[YG_COIN_SECRET], sign[64], key[32];
    struct keys k;

    fixture_open(f);
    memset(coin, 0xc5, sizeof(coin));
    assert_int_equal(yg_model_keys_new(key, sign), YG_OK);
    assert_ok(f,
              yg_store_meta_put(f->st, "audit-secret",
                                (struct yg_str){ (char *)coin, sizeof(coin) }, &f->err));
    assert_ok(f,
              yg_store_meta_put(f->st, "signing-key",
                                (struct yg_str){ (char *)sign, sizeof(sign) }, &f->err));
    commit(f);
    fixture_close(f);
    assert_true(holds(f, coin, sizeof(coin)));
    for (int round = 0; round < 3; round++) {
        f->opt.read_only = round != 1;
        fixture_open(f);
        assert_ok(f, ask(f, &k));
        assert_memory_equal(k.coin, coin, sizeof(coin));
        assert_memory_equal(k.sign, sign, sizeof(sign));
        assert_memory_equal(k.key, key, sizeof(key));
        fixture_close(f);
        assert_int_equal(access(path_of(f), F_OK) == 0, round > 0);
        assert_int_equal(holds(f, coin, sizeof(coin)), round == 0);
        assert_int_equal(holds(f, sign, 32), round == 0);
    }
    unlink(path_of(f));
}

/* Copies of older versions hold the secret, too: nobody else may read them. */
static void older_backups_are_closed(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
        bool named;
    } file[] = { { "backup-v1.db", 0644, true },
                 { "backup-v10.db", 0600, true },
                 { "yagura-backup-v14.db", 0644, true },
                 { "backup-v10.db.part", 0644, false } };
    struct fixture *f = *state;
    struct keys k;
    struct yg_app a;
    struct yg_buf names;
    struct stat sb;
    char path[128];

    fixture_open(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(file); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->dir, file[i].name);
        close(open(path, O_WRONLY | O_CREAT, 0600));
        assert_int_equal(chmod(path, file[i].mode), 0);
    }
    memset(k.coin, 0xc5, sizeof(k.coin));
    assert_ok(f, yg_store_meta_put(f->st, "audit-secret",
                                   (struct yg_str){ (char *)k.coin, sizeof(k.coin) },
                                   &f->err));
    commit(f);
    yg_buf_init(&names, 4096);
    a = app_of(f);
    assert_int_equal(yg_app_backups(&a, false, &names), 2);
    assert_string_equal(yg_buf_cstr(&names),
                        "backup-v1.db, backup-v10.db, yagura-backup-v14.db");
    assert_ok(f, ask(f, &k));
    assert_int_equal(yg_app_backups(&a, false, &names), 0);
    for (size_t i = 0; i < YG_ARRAY_LEN(file); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->dir, file[i].name);
        assert_int_equal(stat(path, &sb), 0);
        assert_int_equal(sb.st_mode & 0777, file[i].named ? 0600 : file[i].mode);
        unlink(path);
    }
    yg_buf_fini(&names);
    yg_arena_fini(&a.arena);
    unlink(path_of(f));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(made_once_for_the_owner_alone),
        CASE(what_is_wrong_with_it_is_said),
        CASE(an_older_store_is_moved),
        CASE(older_backups_are_closed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
