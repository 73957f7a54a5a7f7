/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#define TEXT_MAX (4U << 20)

void yg_sample_out_init(struct yg_sample_out *o)
{
    *o = (struct yg_sample_out){ .fd = -1 };
    yg_buf_init(&o->text, TEXT_MAX);
}

void yg_sample_out_fini(struct yg_sample_out *o)
{
    if (o->gz)
        gzclose(o->gz);
    else if (o->fd >= 0)
        close(o->fd);
    o->gz = NULL;
    o->fd = -1;
    yg_buf_fini(&o->text);
}

enum yg_status yg_sample_out_open(struct yg_sample_out *o, const char *path, bool gzip,
                                  struct yg_err *err)
{
    YG_ASSERT(o->fd < 0);
    yg_buf_clear(&o->text);
    o->lines = o->bytes = 0;
    o->status = YG_OK;
    snprintf(o->path, sizeof(o->path), "%s", path);
    o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (o->fd < 0) {
        yg_err_at(err, path, 0, 0);
        return yg_err_errno(err, "cannot be written; check directory and rights");
    }
    if (gzip) {
        o->gz = gzdopen(o->fd, "wb1");
        if (!o->gz)
            return yg_err_set(err, YG_ENOMEM, "no memory for compression");
        gzbuffer(o->gz, 256U << 10);
    }
    return YG_OK;
}

static enum yg_status write_all(struct yg_sample_out *o, const char *p, size_t n)
{
    if (o->gz)
        return n == 0 || gzwrite(o->gz, p, (unsigned)n) == (int)n ? YG_OK : YG_EIO;
    while (n > 0) {
        ssize_t done = write(o->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return YG_EIO;
        p += done;
        n -= (size_t)done;
    }
    return YG_OK;
}

void yg_sample_out_flush(struct yg_sample_out *o)
{
    struct yg_str s = yg_buf_str(&o->text);

    if (o->status == YG_OK)
        o->status = yg_buf_status(&o->text);
    if (o->status == YG_OK)
        o->status = write_all(o, s.p, s.n);
    o->bytes += s.n;
    yg_buf_clear(&o->text);
}

enum yg_status yg_sample_out_close(struct yg_sample_out *o, struct yg_err *err)
{
    if (o->fd < 0)
        return YG_OK;
    yg_sample_out_flush(o);
    int failed = o->gz ? gzclose(o->gz) != Z_OK : close(o->fd) != 0;
    o->gz = NULL;
    o->fd = -1;
    if (o->status == YG_OK && failed)
        o->status = YG_EIO;
    if (o->status != YG_OK) {
        yg_err_at(err, o->path, 0, 0);
        return yg_err_set(err, o->status, "could not be written (%s); free some space",
                          yg_status_name(o->status));
    }
    return YG_OK;
}
