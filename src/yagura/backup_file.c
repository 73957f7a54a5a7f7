/* SPDX-License-Identifier: Apache-2.0 */
/* The part of backup_priv.h about files. */
#include "yagura/backup_priv.h"

#include "base/disk.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum yg_status yg_backup_join(char out[PATH_MAX], const char *a, const char *b,
                              struct yg_err *err)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", a, b);

    return n > 0 && n < PATH_MAX
               ? YG_OK
               : yg_err_set(err, YG_EINVAL, "the path %s/%s is too long", a, b);
}

bool yg_backup_is_name(struct yg_str name)
{
    const struct yg_str journal = YG_STR("journal/");

    if (yg_str_starts(name, journal))
        name = (struct yg_str){ name.p + journal.n, name.n - journal.n };
    if (name.n == 0 || name.n > 200 || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static void text_digest(struct yg_str text, char hex[YG_BACKUP_HEX + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, (const unsigned char *)text.p, text.n);
    yg_hex(digest, sizeof(digest), hex);
}

void yg_backup_seal(struct yg_buf *text)
{
    char hex[YG_BACKUP_HEX + 1];

    text_digest(yg_buf_str(text), hex);
    yg_buf_printf(text, YG_BACKUP_END "%s\n", hex);
}

bool yg_backup_unseal(struct yg_str *text)
{
    const size_t n = sizeof(YG_BACKUP_END) - 1 + YG_BACKUP_HEX + 1;
    char hex[YG_BACKUP_HEX + 1];

    if (text->n < n)
        return false;
    struct yg_str body = { text->p, text->n - n }, last = { text->p + body.n, n };
    text_digest(body, hex);
    if (!yg_str_starts(last, YG_STR(YG_BACKUP_END)) || last.p[n - 1] != '\n' ||
        memcmp(last.p + sizeof(YG_BACKUP_END) - 1, hex, YG_BACKUP_HEX) != 0)
        return false;
    *text = body;
    return true;
}

enum yg_status yg_backup_digest(const char *path, char hex[YG_BACKUP_HEX + 1],
                                uint64_t *bytes, struct yg_err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES], piece[16384];
    crypto_hash_sha256_state h;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return yg_err_set(err, YG_ENOTFOUND, "%s is missing", path);
    if (fd < 0)
        return yg_err_errno(err, "cannot open %s", path);
    *bytes = 0;
    crypto_hash_sha256_init(&h);
    while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        crypto_hash_sha256_update(&h, piece, (unsigned long long)n);
        *bytes += (uint64_t)n;
    }
    enum yg_status st = n < 0 ? yg_err_errno(err, "cannot read %s", path) : YG_OK;
    close(fd);
    crypto_hash_sha256_final(&h, digest);
    yg_hex(digest, sizeof(digest), hex);
    return st;
}

static enum yg_status copy_bytes(int in, int out, const char *to, struct yg_err *err)
{
    char piece[16384];
    ssize_t n;

    while ((n = read(in, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && !yg_disk_write(out, (struct yg_str){ piece, (size_t)n }))
            return yg_err_errno(err, "cannot write %s", to);
    if (n < 0)
        return yg_err_errno(err, "cannot read what becomes %s", to);
    return fsync(out) == 0 ? YG_OK : yg_err_errno(err, "cannot write %s to disk", to);
}

enum yg_status yg_backup_copy(const char *from, const char *to, struct yg_err *err)
{
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (in < 0 && errno == ENOENT)
        return yg_err_set(err, YG_ENOTFOUND, "%s is missing", from);
    if (in < 0)
        return yg_err_errno(err, "cannot open %s", from);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum yg_status st =
        out < 0 ? yg_err_errno(err, "cannot make %s", to) : copy_bytes(in, out, to, err);
    if (out >= 0 && close(out) != 0 && st == YG_OK)
        st = yg_err_errno(err, "cannot write %s", to);
    close(in);
    return st;
}

enum yg_status yg_backup_sync(const char *dir, struct yg_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum yg_status st = YG_OK;

    if (fd < 0 || fsync(fd) != 0)
        st = yg_err_errno(err, "cannot write %s to disk", dir);
    if (fd >= 0)
        close(fd);
    return st;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static enum yg_status empty(const char *dir, bool deeper, struct yg_err *err)
{
    char path[PATH_MAX];
    enum yg_status st = YG_OK;
    DIR *d = opendir(dir);

    if (!d)
        return yg_err_errno(err, "cannot open %s", dir);
    for (struct dirent *e; st == YG_OK && (e = readdir(d));) {
        if (is_dots(e->d_name))
            continue;
        st = yg_backup_join(path, dir, e->d_name, err);
        if (st != YG_OK || unlink(path) == 0)
            continue;
        if (!deeper || errno != EISDIR)
            st = yg_err_errno(err, "cannot remove %s", path);
        else
            st = empty(path, false, err);
        if (st == YG_OK && rmdir(path) != 0)
            st = yg_err_errno(err, "cannot remove %s", path);
    }
    closedir(d);
    return st;
}

enum yg_status yg_backup_remove(const char *dir, struct yg_err *err)
{
    enum yg_status st = empty(dir, true, err);

    if (st == YG_OK && rmdir(dir) != 0)
        st = yg_err_errno(err, "cannot remove %s", dir);
    return st;
}
