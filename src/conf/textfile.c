/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/textfile.h"

#include "base/buf.h"

#include <stdio.h>

static enum yg_status read_all(FILE *f, size_t cap, struct yg_buf *text,
                               struct yg_err *err)
{
    char block[4096];
    size_t n;

    while (yg_buf_status(text) == YG_OK && (n = fread(block, 1, sizeof(block), f)) > 0)
        yg_buf_add(text, block, n);
    if (ferror(f))
        return yg_err_errno(err, "cannot be read");
    if (yg_buf_status(text) == YG_ELIMIT)
        return yg_err_set(err, YG_ELIMIT, "larger than %zu bytes; is it the right file?",
                          cap);
    if (yg_buf_status(text) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for the file");
    return YG_OK;
}

enum yg_status yg_textfile_read(struct yg_arena *arena, const char *path, size_t cap,
                                struct yg_str *out, struct yg_err *err)
{
    struct yg_buf text;

    yg_err_at(err, path, 0, 0);
    FILE *f = fopen(path, "rbe");
    if (!f)
        return yg_err_errno(err, "cannot be opened");
    yg_buf_init(&text, cap);
    enum yg_status st = read_all(f, cap, &text, err);
    fclose(f);
    if (st == YG_OK) {
        struct yg_str copy = yg_arena_str(arena, yg_buf_str(&text));
        if (copy.p)
            *out = copy;
        else
            st = yg_err_set(err, YG_ENOMEM, "no memory for the file");
    }
    yg_buf_fini(&text);
    if (st == YG_OK) /* what goes wrong later is not the file's doing */
        yg_err_at(err, NULL, 0, 0);
    return st;
}
