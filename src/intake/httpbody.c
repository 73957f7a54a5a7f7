/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpbody.h"

#include "input/codec.h"

enum yg_httpbody_encoding yg_httpbody_encoding(struct yg_str header)
{
    static const struct {
        const char *name;
        enum yg_httpbody_encoding e;
    } row[] = {
        { "", YG_HTTPBODY_PLAIN },       { "identity", YG_HTTPBODY_PLAIN },
        { "snappy", YG_HTTPBODY_PLAIN }, { "gzip", YG_HTTPBODY_GZIP },
        { "x-gzip", YG_HTTPBODY_GZIP },  { "zstd", YG_HTTPBODY_ZSTD },
    };

    header = yg_str_trim(header);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_str_eq_nocase(header, yg_str_of(row[i].name)))
            return row[i].e;
    return YG_HTTPBODY_UNKNOWN;
}

/* The codec goes by first bytes, which must be those of what the header said. */
static bool begins_as(enum yg_httpbody_encoding e, struct yg_str in)
{
    if (e == YG_HTTPBODY_GZIP)
        return yg_str_starts(in, YG_STR("\x1f\x8b"));
    return yg_str_starts(in, YG_STR("\x28\xb5\x2f\xfd")) ||
           (in.n >= 4 && (in.p[0] & 0xf0) == 0x50 &&
            memcmp(in.p + 1, "\x2a\x4d\x18", 3) == 0);
}

static enum yg_status too_large(struct yg_err *err, size_t max)
{
    return yg_err_set(err, YG_ELIMIT,
                      "the body undone is longer than max_body, %zu bytes", max);
}

static enum yg_status pump(struct yg_codec *c, size_t max, struct yg_buf *out,
                           struct yg_err *err)
{
    for (;;) {
        size_t before = yg_buf_str(out).n, got = 0;
        void *room = yg_buf_reserve(out, YG_HTTPBODY_ROOM);
        if (!room)
            return yg_err_set(err, yg_buf_status(out), "no memory for the body");
        enum yg_status st = yg_codec_read(c, room, YG_HTTPBODY_ROOM, &got, err);
        yg_buf_cut(out, before + got);
        if (st == YG_OK && before + got > max)
            return too_large(err, max);
        if (st == YG_EFORMAT)
            return yg_err_set(err, st, "the compressed body is damaged or ends early");
        if (st != YG_OK)
            return st == YG_EEND ? YG_OK : st;
    }
}

enum yg_status yg_httpbody_undo(enum yg_httpbody_encoding e, struct yg_str in, size_t max,
                                struct yg_buf *out, struct yg_err *err)
{
    if (e == YG_HTTPBODY_PLAIN) {
        if (in.n > max)
            return too_large(err, max);
        yg_buf_str_add(out, in);
        return yg_buf_status(out);
    }
    if (!begins_as(e, in))
        return yg_err_set(err, YG_EFORMAT, "the body is not %s, as Content-Encoding says",
                          e == YG_HTTPBODY_GZIP ? "gzip" : "zstd");
    struct yg_codec *c = yg_codec_new_bytes(in);
    if (!c)
        return yg_err_set(err, YG_ENOMEM, "no memory to decompress the body");
    enum yg_status st = pump(c, max, out, err);
    yg_codec_free(c);
    return st;
}
