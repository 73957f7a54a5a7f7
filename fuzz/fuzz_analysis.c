/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets of an alert from the first byte to the outcome: u8 link type, u8 bits, u16
 * length of the sensor's stream bytes and those, then frames (u16 length, u8 cut bytes,
 * u8 milliseconds, bytes) that are kept as a pcap. Bits: 1 no pcap, the first frame is
 * the alert's packet; 2 the ends are those of the first frame; 4 they are turned round; 8
 * the stream bytes are the server's. Run twice with one analyser: the same must come out.
 * Each view of it for people is one of visible characters.
 */
#include "base/cursor.h"
#include "packet/analysis.h"
#include "packet/capfile.h"
#include "packet/show.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frames(struct yg_cursor *c, struct yg_analysis_in *in, struct yg_buf *pcap,
                   uint8_t bits)
{
    int64_t now = INT64_C(1700000000000000000);
    bool first = true;
    struct yg_packet p;

    yg_pcap_begin(pcap, in->linktype);
    while (yg_cursor_left(c) >= 4) {
        size_t n = yg_cursor_le16(c), cut = yg_cursor_u8(c);
        now += yg_cursor_u8(c) * INT64_C(1000000);
        if (n > yg_cursor_left(c))
            n = yg_cursor_left(c);
        struct yg_str f = yg_cursor_take(c, n);
        uint32_t wire = (uint32_t)f.n;
        f.n -= cut < f.n ? cut : f.n;
        yg_pcap_add(pcap, now, f, wire);
        if (first && yg_dissect(in->linktype, f, wire, &p)) {
            bool turn = bits & 4;
            in->has_ends = bits & 2;
            memcpy(in->ends.src, turn ? p.dst : p.src, YG_IP_SIZE);
            memcpy(in->ends.dst, turn ? p.src : p.dst, YG_IP_SIZE);
            in->ends.src_port = turn ? p.dst_port : p.src_port;
            in->ends.dst_port = turn ? p.src_port : p.dst_port;
            in->ends.proto = p.proto;
        }
        if (first && bits & 1)
            in->packet = f;
        first = false;
    }
    in->time_ns = now;
    if (!(bits & 1))
        in->pcap = yg_buf_str(pcap);
}

static void show(const struct yg_analysis *r, struct yg_str pcap, uint8_t bits)
{
    struct yg_buf out;

    yg_buf_init(&out, (size_t)64 << 20);
    for (unsigned what = YG_SHOW_SUMMARY; what <= YG_SHOW_STREAM; what++) {
        const struct yg_show s = { .what = (uint8_t)what,
                                   .way = bits >> 4 & 1,
                                   .all = bits & 32 };
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_buf_clear(&out);
        yg_show_text(&out, r, pcap, &s);
        struct yg_str t = yg_buf_str(&out);
        for (size_t i = 0; i < t.n; i++)
            if (((unsigned char)t.p[i] < 0x20 && t.p[i] != '\n') || t.p[i] == 0x7f)
                abort();
        yg_show_json(&w, r, pcap, &s);
        if (yg_buf_status(&out) != YG_OK)
            abort();
    }
    yg_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor c = yg_cursor_of(data, size);
    struct yg_analysis_in in = { .linktype = yg_cursor_u8(&c) };
    uint8_t bits = yg_cursor_u8(&c);
    size_t n = yg_cursor_le16(&c);
    struct yg_analyser *a;
    struct yg_buf pcap;

    if (n > yg_cursor_left(&c))
        n = yg_cursor_left(&c);
    in.payload = yg_cursor_take(&c, n);
    in.payload_to_server = !(bits & 8);
    yg_buf_init(&pcap, (size_t)1 << 20);
    frames(&c, &in, &pcap, bits);
    if (yg_analyser_new(&a) != YG_OK)
        abort();
    const struct yg_analysis *r = yg_analyse(a, &in);
    if (r) {
        uint64_t anomalies = r->anomalies;
        uint32_t talks = r->talks;
        int main = r->main;
        unsigned class = r->outcome.class, success = r->outcome.success;
        if (main >= (int)talks || class >= YG_OUT_COUNT || success > YG_SUCCEEDED)
            abort();
        for (unsigned i = 0; i < r->outcome.marks; i++) {
            const struct yg_mark *m = &r->outcome.mark[i];
            if (m->kind >= YG_MARK_COUNT || m->talk >= talks || m->side >= YG_SIDES ||
                (size_t)m->at + m->len > r->talk[m->talk]->side[m->side].bytes.n)
                abort();
        }
        r = yg_analyse(a, &in);
        if (!r || r->anomalies != anomalies || r->talks != talks || r->main != main ||
            r->outcome.class != class || r->outcome.success != success)
            abort();
        show(r, in.pcap, bits);
    }
    yg_analyser_free(a);
    yg_buf_fini(&pcap);
    return 0;
}
