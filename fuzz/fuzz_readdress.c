/* SPDX-License-Identifier: Apache-2.0 */
/* Any record and any capture is re-addressed: what comes out is no other record's, and a
 * capture stays one. First byte: 0 mod 2 text, 1 a pcap; then 8 bytes of key. */
#include "base/clock.h"
#include "packet/capfile.h"
#include "pipeline/readdress.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 9

static void text(const struct yg_readdress *r, struct yg_str in)
{
    struct yg_buf one, two;

    yg_buf_init(&one, (size_t)1 << 22);
    yg_buf_init(&two, (size_t)1 << 22);
    yg_readdress_text(r, in, &one);
    yg_readdress_text(r, in, &two);
    /* An address grows from "::" to at most 45 bytes. */
    if (yg_buf_str(&one).n > in.n * 24 + 64 ||
        !yg_str_eq(yg_buf_str(&one), yg_buf_str(&two)))
        abort();
    yg_buf_fini(&one);
    yg_buf_fini(&two);
}

static size_t frames(struct yg_str pcap)
{
    struct yg_frame f;
    size_t n = 0;

    for (size_t at = 0; yg_pcap_next(pcap, &at, &f);)
        n++;
    return n;
}

static void pcap(const struct yg_readdress *r, struct yg_str in)
{
    struct yg_buf out;

    yg_buf_init(&out, (size_t)1 << 22);
    yg_readdress_pcap(r, in, &out);
    struct yg_str got = yg_buf_str(&out);
    if (frames(got) > frames(in) || (got.n > 0 && frames(got) == 0))
        abort();
    yg_buf_fini(&out);
}

/* A network's hosts stay in it, and two of them two. */
static void address(const struct yg_readdress *r, const uint8_t *p)
{
    unsigned char one[YG_IP_SIZE], two[YG_IP_SIZE];

    memcpy(one, p, YG_IP_SIZE);
    memcpy(two, p, YG_IP_SIZE);
    two[YG_IP_SIZE - 1] ^= 1;
    bool internal = yg_ip_is_internal(one);
    yg_readdress_ip(r, one);
    yg_readdress_ip(r, two);
    if (memcmp(one, p, YG_IP_SIZE - 1) != 0 || memcmp(one, two, YG_IP_SIZE) == 0 ||
        yg_ip_is_internal(one) != internal)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_readdress r = { .time_ns = INT64_C(1767608430) * YG_NS_PER_S,
                              .by_ns = INT64_C(864000) * YG_NS_PER_S };

    if (size < HEAD)
        return 0;
    for (size_t i = 1; i < HEAD; i++)
        r.key = r.key << 8 | data[i];
    struct yg_str in = { (const char *)data + HEAD, size - HEAD };
    if (data[0] & 1)
        pcap(&r, in);
    else
        text(&r, in);
    if (in.n >= YG_IP_SIZE)
        address(&r, data + HEAD);
    return 0;
}
