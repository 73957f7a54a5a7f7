/* SPDX-License-Identifier: Apache-2.0 */
#include "api/encode.h"

#include <zlib.h>
#include <zstd.h>

#define GZIP_LEVEL  5
#define GZIP_WINDOW (15 + 16) /* with gzip's header */
#define ZSTD_LEVEL  3

const char *yg_encoding_name(enum yg_encoding e)
{
    return e == YG_ENCODE_GZIP ? "gzip" : e == YG_ENCODE_ZSTD ? "zstd" : NULL;
}

/* The weight of "gzip;q=0.5" in thousandths; one that is none counts as 0. */
static unsigned weight_of(struct yg_str params)
{
    double q;

    while (params.n > 0) {
        struct yg_str value = yg_str_trim(yg_str_cut(&params, ';'));
        struct yg_str name = yg_str_trim(yg_str_cut(&value, '='));
        if (yg_str_eq_nocase(name, YG_STR("q")))
            return yg_str_f64(yg_str_trim(value), &q) && q > 0 && q <= 1
                       ? (unsigned)(q * 1000)
                       : 0;
    }
    return 1000;
}

enum yg_encoding yg_encoding_of(struct yg_str accept)
{
    unsigned gzip = 0, zstd = 0, plain = 0;

    while (accept.n > 0) {
        struct yg_str params = yg_str_cut(&accept, ',');
        struct yg_str name = yg_str_trim(yg_str_cut(&params, ';'));
        if (yg_str_eq_nocase(name, YG_STR("gzip")))
            gzip = weight_of(params);
        else if (yg_str_eq_nocase(name, YG_STR("zstd")))
            zstd = weight_of(params);
        else if (yg_str_eq_nocase(name, YG_STR("identity")))
            plain = weight_of(params);
    }
    if (zstd > 0 && zstd >= gzip && zstd >= plain)
        return YG_ENCODE_ZSTD;
    return gzip > 0 && gzip >= plain ? YG_ENCODE_GZIP : YG_ENCODE_PLAIN;
}

static enum yg_status with_zstd(struct yg_str in, struct yg_buf *out)
{
    size_t before = yg_buf_str(out).n, room = ZSTD_compressBound(in.n);
    void *p = yg_buf_reserve(out, room);

    if (!p)
        return yg_buf_status(out);
    size_t n = ZSTD_compress(p, room, in.p, in.n, ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return YG_ENOMEM;
    yg_buf_cut(out, before + n);
    return YG_OK;
}

static enum yg_status with_gzip(struct yg_str in, struct yg_buf *out)
{
    z_stream z = { .avail_in = (uInt)in.n };
    union {
        const char *in;
        Bytef *out; /* zlib reads only */
    } p = { .in = in.p };
    size_t before = yg_buf_str(out).n;

    if (in.n > UINT32_MAX / 2 || deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
                                              Z_DEFAULT_STRATEGY) != Z_OK)
        return YG_ENOMEM;
    size_t room = deflateBound(&z, (uLong)in.n);
    z.next_in = p.out;
    z.next_out = yg_buf_reserve(out, room);
    z.avail_out = (uInt)room;
    int rc = z.next_out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
    if (rc == Z_STREAM_END)
        yg_buf_cut(out, before + room - z.avail_out);
    deflateEnd(&z);
    return rc == Z_STREAM_END ? YG_OK : YG_ENOMEM;
}

enum yg_status yg_encode(enum yg_encoding e, struct yg_str in, struct yg_buf *out)
{
    if (e == YG_ENCODE_ZSTD)
        return with_zstd(in, out);
    if (e == YG_ENCODE_GZIP)
        return with_gzip(in, out);
    yg_buf_str_add(out, in);
    return yg_buf_status(out);
}
