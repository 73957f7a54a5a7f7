/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alert_util - an alert with its packets, made by hand: an analyser, a kept pcap that
 * grows frame by frame, and what the sensor said. For cmocka tests; one thread.
 */
#ifndef YG_TESTS_ALERT_UTIL_H
#define YG_TESTS_ALERT_UTIL_H

#include "frame_util.h"
#include "packet/analysis.h"
#include "packet/capfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define S INT64_C(1000000000)
#define REQUEST                                                                          \
    "GET /shop?q=%3Bid HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test\r\n\r\n"
#define ANSWER                                                                           \
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nnot " \
    "here\n"

struct world {
    struct yg_analyser *a;
    struct yg_buf pcap;
    struct frame_util f;
};

static inline struct world begin(void)
{
    struct world w;

    assert_int_equal(yg_analyser_new(&w.a), YG_OK);
    yg_buf_init(&w.pcap, 16 << 20);
    yg_pcap_begin(&w.pcap, FRAME_LINK);
    return w;
}

static inline void end(struct world *w)
{
    yg_analyser_free(w->a);
    yg_buf_fini(&w->pcap);
}

static inline void keep(struct world *w, int64_t time_ns, struct yg_str frame)
{
    yg_pcap_add(&w->pcap, time_ns, frame, (uint32_t)frame.n);
}

/* A whole HTTP conversation from `port` at `at`; frames cut to `snap` bytes. */
static inline void http(struct world *w, uint16_t port, int64_t at, size_t snap)
{
    const uint32_t isn = (uint32_t)(at / S) * 1000; /* another one each time */
    static const uint32_t ask = sizeof(REQUEST) - 1;
    const struct frame_tcp seg[] = {
        { false, port, 80, YG_TCP_SYN, isn, 0, YG_STR_NONE },
        { true, port, 80, YG_TCP_SYN | YG_TCP_ACK, 500, isn + 1, YG_STR_NONE },
        { false, port, 80, YG_TCP_ACK, isn + 1, 501, YG_STR(REQUEST) },
        { true, port, 80, YG_TCP_ACK, 501, isn + 1 + ask, YG_STR(ANSWER) },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(seg); i++) {
        struct yg_str f = frame_tcp(&w->f, &seg[i]);
        uint32_t wire = (uint32_t)f.n;
        f.n = f.n < snap ? f.n : snap;
        yg_pcap_add(&w->pcap, at + (int64_t)i * S / 1000, f, wire);
    }
}

static inline struct yg_analysis_in alert(const struct world *w, bool from_client,
                                          uint16_t port, int64_t time_ns)
{
    static const unsigned char ip[2][YG_IP_SIZE] = {
        { [10] = 0xff, 0xff, 10, 0, 0, 1 }, { [10] = 0xff, 0xff, 192, 0, 2, 80 }
    };
    struct yg_analysis_in in = { .pcap = yg_buf_str(&w->pcap),
                                 .has_ends = true,
                                 .time_ns = time_ns,
                                 .payload_to_server = from_client };

    memcpy(in.ends.src, ip[!from_client], YG_IP_SIZE);
    memcpy(in.ends.dst, ip[from_client], YG_IP_SIZE);
    in.ends.src_port = from_client ? port : 80;
    in.ends.dst_port = from_client ? 80 : port;
    in.ends.proto = YG_IP_TCP;
    return in;
}

#endif
