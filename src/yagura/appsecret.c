/* SPDX-License-Identifier: Apache-2.0 */
/* The part of app.h about the store's secret: one file apart from the database, so that
 * what it protects can be copied, shown and backed up without it. */
#include "yagura/app.h"

#include "base/log.h"
#include "model/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "secret"
#define FILE_MAX  4096
#define KEY_OLD   "signing-key" /* of meta: where older versions kept them */
#define COIN_OLD  "audit-secret"
#define MARK      "secret-mark" /* of meta: the digest of the file that belongs here */
#define VERSIONS  1000          /* of the schema, of which there may be a copy */

struct secrets {
    unsigned char coin[YG_COIN_SECRET];
    unsigned char sign[YG_MODEL_SECRET_SIZE];
};

static void mark_of(const struct secrets *s, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, "yagura secret", 13);
    yg_digest_add(&d, s->coin, sizeof(s->coin));
    yg_digest_add(&d, s->sign, sizeof(s->sign));
    yg_digest_done(&d, out);
}

/* ---- the file -----------------------------------------------------------------------
 */

static struct yg_str format(const struct secrets *s, char text[FILE_MAX])
{
    char coin[2 * YG_COIN_SECRET + 1], sign[2 * YG_MODEL_SECRET_SIZE + 1];

    yg_hex(s->coin, sizeof(s->coin), coin);
    yg_hex(s->sign, sizeof(s->sign), sign);
    int n = snprintf(text, FILE_MAX,
                     "# Who reads this can foresee which runs are audited and sign "
                     "certificates of this store.\n"
                     "# It cannot be made again: keep a copy, apart from those of the "
                     "database.\n"
                     "coin %s\nsign %s\n",
                     coin, sign);
    sodium_memzero(coin, sizeof(coin));
    sodium_memzero(sign, sizeof(sign));
    return (struct yg_str){ text, (size_t)n };
}

static bool parse(struct yg_str text, struct secrets *s)
{
    bool coin = false, sign = false;

    while (text.n > 0) {
        struct yg_str line = yg_str_trim(yg_str_cut(&text, '\n'));
        if (line.n == 0 || line.p[0] == '#')
            continue;
        struct yg_str name = yg_str_cut(&line, ' ');
        if (yg_str_eq(name, YG_STR("coin")) && !coin)
            coin = yg_unhex(line, s->coin, sizeof(s->coin));
        else if (yg_str_eq(name, YG_STR("sign")) && !sign)
            sign = yg_unhex(line, s->sign, sizeof(s->sign));
        else
            return false;
    }
    return coin && sign;
}

static enum yg_status read_open(int fd, const char *path, struct secrets *s,
                                struct yg_err *err)
{
    char text[FILE_MAX];
    struct stat sb;

    if (fstat(fd, &sb) != 0)
        return yg_err_errno(err, "cannot read %s", path);
    if (!S_ISREG(sb.st_mode) || (sb.st_mode & 077) != 0)
        return yg_err_set(err, YG_EINVAL,
                          "others than its owner may read or write %s, and so foresee "
                          "which runs are audited: chmod 600 it",
                          path);
    ssize_t n = read(fd, text, sizeof(text));
    if (n < 0)
        return yg_err_errno(err, "cannot read %s", path);
    bool whole = parse((struct yg_str){ text, (size_t)n }, s);
    sodium_memzero(text, sizeof(text));
    return whole ? YG_OK
                 : yg_err_set(err, YG_ECORRUPT, "%s is damaged: restore it from a backup",
                              path);
}

/* YG_ENOTFOUND: there is none. */
static enum yg_status read_file(const char *path, struct secrets *s, struct yg_err *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return yg_err_set(err, YG_ENOTFOUND,
                          "%s is missing: restore it from a backup; without it this "
                          "store's audits cannot go on nor its certificates be trusted",
                          path);
    if (fd < 0)
        return yg_err_errno(err, "cannot open %s", path);
    enum yg_status st = read_open(fd, path, s, err);
    close(fd);
    return st;
}

/* On disk before the store says that it is there. */
static enum yg_status write_file(struct yg_app *a, const char *path,
                                 const struct secrets *s, struct yg_err *err)
{
    char text[FILE_MAX];
    enum yg_status st = yg_app_write(path, format(s, text), err);

    sodium_memzero(text, sizeof(text));
    int dir = st == YG_OK ? open(a->dir, O_RDONLY | O_CLOEXEC) : -1;
    if (st == YG_OK && (dir < 0 || fsync(dir) != 0))
        st = yg_err_errno(err, "cannot write %s", path);
    if (dir >= 0)
        close(dir);
    return st;
}

/* ---- what the store knows of it -------------------------------------------------------
 */

/* A named blob of the store, if it is there: `*have`. */
static enum yg_status meta(struct yg_app *a, const char *name, unsigned char *out,
                           size_t size, bool *have, struct yg_err *err)
{
    struct yg_str v;
    struct yg_err none = { 0 };
    enum yg_status st = yg_store_meta_get(a->store, name, &a->arena, &v, &none);

    *have = st == YG_OK;
    if (st == YG_ENOTFOUND)
        return YG_OK;
    if (st != YG_OK) {
        *err = none;
        return st;
    }
    if (v.n != size)
        return yg_err_set(err, YG_ECORRUPT, "the store's '%s' is damaged", name);
    memcpy(out, v.p, size);
    return YG_OK;
}

/* Those of an older version, and new ones for what it did not have. */
static enum yg_status old_or_new(struct yg_app *a, struct secrets *s, bool *old,
                                 struct yg_err *err)
{
    unsigned char key[YG_MODEL_KEY_SIZE];
    bool coin, sign = false;
    enum yg_status st = meta(a, COIN_OLD, s->coin, sizeof(s->coin), &coin, err);

    if (st == YG_OK)
        st = meta(a, KEY_OLD, s->sign, sizeof(s->sign), &sign, err);
    if (st != YG_OK)
        return st;
    *old = coin || sign;
    if (!coin)
        randombytes_buf(s->coin, sizeof(s->coin));
    if (!sign && yg_model_keys_new(key, s->sign) != YG_OK)
        return yg_err_set(err, YG_EIO, "no random numbers for a signing key");
    return YG_OK;
}

/* Is this a copy? Its name is added; 1: others may read it. */
static unsigned look_at_backup(struct yg_app *a, const char *name, bool close,
                               struct yg_buf *out)
{
    const char *path = yg_app_path(a, name);
    struct stat sb;

    if (lstat(path, &sb) != 0 || !S_ISREG(sb.st_mode))
        return 0;
    yg_buf_printf(out, "%s%s", yg_buf_str(out).n > 0 ? ", " : "", name);
    return (sb.st_mode & 077) != 0 && (!close || chmod(path, 0600) != 0);
}

unsigned yg_app_backups(struct yg_app *a, bool close, struct yg_buf *out)
{
    char name[32];
    unsigned open = 0;

    for (int v = 1; v < VERSIONS; v++) {
        snprintf(name, sizeof(name), "backup-v%d.db", v); /* before version 16 */
        open += look_at_backup(a, name, close, out);
        snprintf(name, sizeof(name), "yagura-backup-v%d.db", v);
        open += look_at_backup(a, name, close, out);
    }
    return open;
}

/* Copies that older programs made before they brought the store forward: with them one
 * can go back, so they stay, with the secret in them. */
static void tell_of_backups(struct yg_app *a)
{
    struct yg_buf names;

    yg_buf_init(&names, 65536);
    unsigned open = yg_app_backups(a, true, &names);
    struct yg_str n = yg_buf_str(&names);
    if (n.n > 0)
        yg_log(YG_LOG_WARN,
               "the secret is in the file %s now; %s/%.*s still hold%s it%s: delete what "
               "nobody will go back to",
               FILE_NAME, a->dir, YG_STR_ARG(n), memchr(n.p, ',', n.n) ? "" : "s",
               open ? ", and others may read it" : " (mode 0600)");
    yg_buf_fini(&names);
}

/* The file is there: from now on the store knows it, and nothing else of it. */
static enum yg_status settle(struct yg_app *a, const struct secrets *s,
                             struct yg_err *err)
{
    unsigned char mark[YG_DIGEST_SIZE];

    mark_of(s, mark);
    enum yg_status st = yg_store_meta_put(
        a->store, MARK, (struct yg_str){ (const char *)mark, sizeof(mark) }, err);
    if (st == YG_OK)
        st = yg_store_meta_drop(a->store, COIN_OLD, err);
    if (st == YG_OK)
        st = yg_store_meta_drop(a->store, KEY_OLD, err);
    return st == YG_OK ? yg_store_commit(a->store, err) : st;
}

/* No mark yet: a new store, one of an older version, or a stop between file and mark. A
 * reader takes what an older version left where it is. */
static enum yg_status begin(struct yg_app *a, const char *path, struct secrets *s,
                            struct yg_err *err)
{
    struct secrets file;
    struct yg_err none = { 0 };
    bool old;
    enum yg_status st = old_or_new(a, s, &old, err);
    enum yg_status there = read_file(path, &file, &none);

    if (st == YG_OK && there == YG_ENOTFOUND && !a->read_only)
        st = write_file(a, path, s, err);
    else if (st == YG_OK && there == YG_ENOTFOUND)
        st = old ? YG_OK
                 : yg_err_set(err, YG_ENOTFOUND, "the store has no %s yet: train first",
                              path);
    else if (st == YG_OK && there != YG_OK)
        st = yg_err_set(err, there, "%s", none.msg);
    else if (st == YG_OK && old && memcmp(file.coin, s->coin, sizeof(file.coin)) != 0 &&
             memcmp(file.sign, s->sign, sizeof(file.sign)) != 0)
        st = yg_err_set(err, YG_ECORRUPT, "%s belongs to another store", path);
    else if (st == YG_OK)
        *s = file;
    sodium_memzero(&file, sizeof(file));
    if (st == YG_OK && !a->read_only)
        st = settle(a, s, err);
    if (st == YG_OK && !a->read_only && old)
        tell_of_backups(a);
    return st;
}

static enum yg_status secrets_of(struct yg_app *a, struct secrets *s, struct yg_err *err)
{
    const char *path = yg_app_path(a, FILE_NAME);
    unsigned char mark[YG_DIGEST_SIZE], is[YG_DIGEST_SIZE];
    bool marked;
    enum yg_status st = meta(a, MARK, mark, sizeof(mark), &marked, err);

    if (st != YG_OK)
        return st;
    if (!marked)
        return begin(a, path, s, err);
    st = read_file(path, s, err);
    if (st != YG_OK)
        return st;
    mark_of(s, is);
    return memcmp(is, mark, sizeof(is)) == 0
               ? YG_OK
               : yg_err_set(err, YG_ECORRUPT,
                            "%s belongs to another store: restore this one's from a "
                            "backup",
                            path);
}

enum yg_status yg_app_keys(struct yg_app *a, unsigned char key[32],
                           unsigned char secret[64], struct yg_err *err)
{
    struct secrets s;
    enum yg_status st = secrets_of(a, &s, err);

    if (st == YG_OK) {
        memcpy(secret, s.sign, sizeof(s.sign));
        crypto_sign_ed25519_sk_to_pk(key, secret);
    }
    sodium_memzero(&s, sizeof(s));
    return st;
}

enum yg_status yg_app_coin(struct yg_app *a, unsigned char out[YG_COIN_SECRET],
                           struct yg_err *err)
{
    struct secrets s;
    enum yg_status st = secrets_of(a, &s, err);

    if (st == YG_OK)
        memcpy(out, s.coin, sizeof(s.coin));
    sodium_memzero(&s, sizeof(s));
    return st;
}
