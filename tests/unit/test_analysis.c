/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/analysis.h"

#include "alert_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void nothing_to_look_at(void **state)
{
    struct world w = begin();
    struct yg_analysis_in in = alert(&w, true, 40000, S);

    (void)state;
    in.pcap = YG_STR_NONE;
    assert_null(yg_analyse(w.a, &in));
    in.pcap = yg_buf_str(&w.pcap); /* a file without a packet */
    assert_null(yg_analyse(w.a, &in));
    end(&w);
}

static void a_conversation_is_understood(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    for (int from_client = 0; from_client < 2; from_client++) {
        struct yg_analysis_in in = alert(&w, from_client, 40000, 5 * S);
        const struct yg_analysis *r = yg_analyse(w.a, &in);
        assert_non_null(r);
        assert_true(r->has_pcap);
        assert_int_equal(r->talks, 1);
        assert_int_equal(r->main, 0);
        assert_int_equal(r->to_server, from_client);
        assert_int_equal(r->talk[0]->app, YG_APP_HTTP);
        assert_int_equal(r->talk[0]->exchanges, 1);
        assert_int_equal(r->talk[0]->exchange[0].status, 404);
        assert_int_equal(r->outcome.class, YG_OUT_REFUSED);
        assert_int_equal(r->anomalies, 0);
    }
    end(&w);
}

/* The same ends three times: the alert's time says which one. */
static void time_tells_conversations_apart(void **state)
{
    static const struct {
        int64_t time_ns;
        int main;
    } c[] = { { 5 * S, 0 },  { 5 * S + 3 * S / 1000, 0 },
              { 20 * S, 1 }, { 20 * S + S / 1000, 1 },
              { 40 * S, 2 }, { 1 * S, 0 },
              { 99 * S, 2 }, { 28 * S, 1 },
              { 31 * S, 2 } };
    struct world w = begin();

    (void)state;
    for (int64_t at = 5; at <= 40; at = at == 5 ? 20 : at * 2) {
        http(&w, 40000, at * S, SIZE_MAX);
        struct frame_tcp rst = { true, 40000, 80, YG_TCP_RST, 900, 0, YG_STR_NONE };
        keep(&w, at * S + S / 100, frame_tcp(&w.f, &rst));
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_analysis_in in = alert(&w, true, 40000, c[i].time_ns);
        const struct yg_analysis *r = yg_analyse(w.a, &in);
        assert_non_null(r);
        if (r->main != c[i].main)
            fail_msg("case %zu: %d of %u", i, r->main, r->talks);
    }
    end(&w);
}

static void other_conversations_are_no_main(void **state)
{
    struct world w = begin();
    struct yg_analysis_in in;

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    in = alert(&w, true, 40001, 5 * S);
    assert_int_equal(yg_analyse(w.a, &in)->main, -1);
    assert_int_equal(yg_analyse(w.a, &in)->outcome.class, YG_OUT_UNSEEN);
    in = alert(&w, true, 40000, 5 * S);
    in.ends.proto = YG_IP_UDP;
    assert_int_equal(yg_analyse(w.a, &in)->main, -1);
    in.ends.proto = 0; /* not told: any */
    assert_int_equal(yg_analyse(w.a, &in)->main, 0);
    in.ends.src_port = in.ends.dst_port = 0;
    assert_int_equal(yg_analyse(w.a, &in)->main, 0);
    http(&w, 40001, 5 * S, SIZE_MAX); /* without ports: the last that had begun */
    in.pcap = yg_buf_str(&w.pcap);
    assert_int_equal(yg_analyse(w.a, &in)->main, 1);
    end(&w);

    w = begin();
    http(&w, 40000, 5 * S, SIZE_MAX);
    in = alert(&w, true, 40000, 5 * S);
    in.has_ends = false; /* a single one it must be */
    assert_int_equal(yg_analyse(w.a, &in)->main, 0);
    end(&w);
}

static void icmp_has_no_ports_to_compare(void **state)
{
    struct world w = begin();

    (void)state;
    keep(&w, S, frame_icmp(&w.f, false, 8, 0, YG_STR("ping")));
    struct yg_analysis_in in = alert(&w, true, 8, S);
    in.ends.proto = YG_IP_ICMP;
    in.ends.dst_port = 17;
    assert_int_equal(yg_analyse(w.a, &in)->main, 0);
    end(&w);
}

static void a_single_packet_is_enough(void **state)
{
    struct world w = begin();
    struct frame_tcp t = { false, 40000, 80, YG_TCP_ACK, 101, 501, YG_STR(REQUEST) };

    (void)state;
    struct yg_analysis_in in = alert(&w, true, 40000, 7 * S);
    in.pcap = YG_STR_NONE;
    in.packet = frame_tcp(&w.f, &t);
    in.linktype = FRAME_LINK;
    const struct yg_analysis *r = yg_analyse(w.a, &in);
    assert_non_null(r);
    assert_false(r->has_pcap);
    assert_int_equal(r->main, 0);
    assert_true(r->to_server);
    assert_int_equal(r->talk[0]->exchanges, 1);
    assert_int_equal(r->talk[0]->first_ns, 7 * S);
    end(&w);
}

static void stream_bytes_alone_are_a_conversation(void **state)
{
    struct world w = begin();

    (void)state;
    for (int from_client = 0; from_client < 2; from_client++) {
        struct yg_analysis_in in = alert(&w, from_client, 40000, 7 * S);
        in.pcap = YG_STR_NONE;
        in.payload = from_client ? YG_STR(REQUEST) : YG_STR(ANSWER);
        const struct yg_analysis *r = yg_analyse(w.a, &in);
        assert_non_null(r);
        assert_int_equal(r->main, 0);
        assert_int_equal(r->to_server, from_client);
        const struct yg_talk *k = r->talk[0];
        assert_int_equal(k->client_port, 40000);
        assert_int_equal(k->server_port, 80);
        assert_int_equal(k->app, YG_APP_HTTP);
        assert_true(yg_str_eq(k->side[!from_client].bytes, in.payload));
        assert_int_equal(k->accepted, !from_client);
    }
    end(&w);
}

static void payload_fills_what_the_capture_cut(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, 60);
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    in.payload = YG_STR(REQUEST);
    const struct yg_analysis *r = yg_analyse(w.a, &in);
    assert_true(yg_str_eq(r->talk[0]->side[YG_TO_SERVER].bytes, in.payload));
    assert_true(r->anomalies & YG_ANOMALY_BIT(YG_A_CUT));
    assert_int_equal(r->talk[0]->exchanges, 1);
    in.payload = YG_STR("GET /shop"); /* less than there is */
    r = yg_analyse(w.a, &in);
    assert_int_equal(r->talk[0]->side[YG_TO_SERVER].bytes.n, 20);
    end(&w);

    w = begin();
    http(&w, 40000, 5 * S, SIZE_MAX);
    in = alert(&w, true, 40000, 5 * S);
    in.payload = YG_STR("shop?q"); /* it is in there */
    r = yg_analyse(w.a, &in);
    assert_true(yg_str_eq(r->talk[0]->side[YG_TO_SERVER].bytes, YG_STR(REQUEST)));
    assert_int_equal(r->talk[0]->side[YG_TO_SERVER].gap_bytes, 0);
    end(&w);
}

/* A scan of 700 ports: at most 256 conversations are kept, the alert's own among them. */
static void many_conversations_are_chosen_from(void **state)
{
    struct world w = begin();

    (void)state;
    for (uint16_t i = 0; i < 700; i++) {
        struct frame_tcp syn = { false,      (uint16_t)(40000 + i), 80, YG_TCP_SYN, 1, 0,
                                 YG_STR_NONE };
        keep(&w, S + i, frame_tcp(&w.f, &syn));
    }
    static const uint16_t port[] = { 0, 63, 64, 65, 300, 600, 699 };
    for (size_t i = 0; i < YG_ARRAY_LEN(port); i++) {
        struct yg_analysis_in in = alert(&w, true, (uint16_t)(40000 + port[i]), S);
        const struct yg_analysis *r = yg_analyse(w.a, &in);
        assert_int_equal(r->talks, 256);
        assert_true(r->main >= 0);
        assert_int_equal(r->talk[r->main]->client_port, 40000 + port[i]);
        assert_true(r->anomalies & YG_ANOMALY_BIT(YG_A_TALK_CAP));
        assert_int_equal(r->outcome.class, YG_OUT_NO_ANSWER);
    }
    end(&w);
}

static void oddities_outside_of_conversations_are_told(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    keep(&w, 6 * S, YG_STR("\x45"));
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    const struct yg_analysis *r = yg_analyse(w.a, &in);
    assert_true(r->anomalies != 0);
    assert_int_equal(r->talk[0]->anomalies, 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_look_at),
        cmocka_unit_test(a_conversation_is_understood),
        cmocka_unit_test(time_tells_conversations_apart),
        cmocka_unit_test(other_conversations_are_no_main),
        cmocka_unit_test(icmp_has_no_ports_to_compare),
        cmocka_unit_test(a_single_packet_is_enough),
        cmocka_unit_test(stream_bytes_alone_are_a_conversation),
        cmocka_unit_test(payload_fills_what_the_capture_cut),
        cmocka_unit_test(many_conversations_are_chosen_from),
        cmocka_unit_test(oddities_outside_of_conversations_are_told),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}
