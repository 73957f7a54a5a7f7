/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/show.h"

#include "alert_util.h"

#include <stdio.h>

/* What was tried and found does not depend on the rules of the day here. */
static struct yg_analysis analysed(struct world *w, const struct yg_analysis_in *in)
{
    const struct yg_analysis *r = yg_analyse(w->a, in);

    assert_non_null(r);
    struct yg_analysis a = *r;
    a.outcome = (struct yg_outcome){
        .class = YG_OUT_REFUSED,
        .success = YG_FAILED,
        .intents = 1,
        .marks = 1,
        .intent = { { .kind = YG_INTENT_COMMAND,
                      .text = YG_STR(";id"),
                      .object = YG_STR("id"),
                      .layers = 1 } },
        .mark = { { .kind = YG_M_MISSING,
                    .side = YG_TO_CLIENT,
                    .at = 9,
                    .len = 13,
                    .time_ns = in->time_ns + 3000000,
                    .shows = YG_STR("404 Not Found") } },
    };
    return a;
}

static void golden(const char *name, struct world *w, struct yg_analysis_in in,
                   struct yg_show show, const char *want)
{
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    struct yg_analysis r = analysed(w, &in);
    yg_show_text(&out, &r, in.pcap, &show);
    if (strcmp(yg_buf_cstr(&out), want) != 0)
        fail_msg("%s:\n%s\ninstead of\n%s", name, yg_buf_cstr(&out), want);
    yg_buf_fini(&out);
}

static void the_summary(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    golden("summary", &w, alert(&w, true, 40000, 5 * S), (struct yg_show){ 0 },
           "outcome\n"
           "failed: refused\n"
           ">>> not-found: The server answered that there is no such thing. [#1 < 9+13, "
           "0.003000 s] 404 Not Found\n"
           "\n"
           "what was tried\n"
           "command: ;id (id), under 1 encoding\n"
           "\n"
           "exchanges\n"
           "#1 > GET /shop?q=%3Bid of shop.example: 404, missing, 9 bytes of text/html "
           "(by test)\n"
           "\n"
           "conversations (0 s is 1970-01-01T00:00:05.000000Z)\n"
           "#1* tcp 10.0.0.1:40000 > 192.0.2.80:80 http, packets 2 > 2 <, bytes 68 > 79 "
           "<, at 0.000 s for 0.003 s\n"
           "\n"
           "packets\n"
           "    1     0.000000 #1   > tcp S, 0 bytes\n"
           "    2     0.001000 #1   < tcp SA, 0 bytes\n"
           "    3     0.002000 #1   > tcp A, 68 bytes  GET /shop?q=%3Bid\n"
           "    4     0.003000 #1   < tcp A, 79 bytes  404 missing\n");
    end(&w);
}

static void hex_of_one_direction(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, 80);
    golden(
        "hex", &w, alert(&w, true, 40000, 5 * S),
        (struct yg_show){ .what = YG_SHOW_HEX, .way = YG_SHOW_TO_CLIENT },
        "    2     0.001000 #1   < tcp SA, 0 bytes\n"
        "000000  45 00 00 28 00 00 00 00  3c 06 00 00 c0 00 02 50  |E..(....<......P|\n"
        "000010  0a 00 00 01 00 50 9c 40  00 00 01 f4 00 00 13 89  |.....P.@........|\n"
        "000020  50 12 ff ff 00 00 00 00                           |P.......|\n"
        "    4     0.003000 #1   < tcp A, 79 bytes (cut)  404 missing\n"
        "000000  45 00 00 77 00 00 00 00  3c 06 00 00 c0 00 02 50  |E..w....<......P|\n"
        "000010  0a 00 00 01 00 50 9c 40  00 00 01 f5 00 00 13 cd  |.....P.@........|\n"
        "000020  50 10 ff ff 00 00 00 00  48 54 54 50 2f 31 2e 31  |P.......HTTP/1.1|\n"
        "000030  20 34 30 34 20 4e 6f 74  20 46 6f 75 6e 64 0d 0a  | 404 Not Found..|\n"
        "000040  43 6f 6e 74 65 6e 74 2d  54 79 70 65 3a 20 74 65  |Content-Type: te|\n");
    end(&w);
}

static void ascii(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    golden("ascii", &w, alert(&w, true, 40000, 5 * S),
           (struct yg_show){ .what = YG_SHOW_ASCII },
           "    1     0.000000 #1   > tcp S, 0 bytes\n"
           "    2     0.001000 #1   < tcp SA, 0 bytes\n"
           "    3     0.002000 #1   > tcp A, 68 bytes  GET /shop?q=%3Bid\n"
           "  GET /shop?q=%3Bid HTTP/1.1\n"
           "  Host: shop.example\n"
           "  User-Agent: test\n"
           "  \n"
           "    4     0.003000 #1   < tcp A, 79 bytes  404 missing\n"
           "  HTTP/1.1 404 Not Found\n"
           "  Content-Type: text/html\n"
           "  Content-Length: 9\n"
           "  \n"
           "  not here\n");
    end(&w);
}

static void the_stream_without_its_encodings(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    golden("stream", &w, alert(&w, true, 40000, 5 * S),
           (struct yg_show){ .what = YG_SHOW_STREAM },
           "#1* tcp 10.0.0.1:40000 > 192.0.2.80:80 http, packets 2 > 2 <, bytes 68 > 79 "
           "<, at 0.000 s for 0.003 s\n"
           "--- > 68 bytes at 0, 0.002000 s\n"
           "> GET /shop?q=%3Bid HTTP/1.1\n"
           "> Host: shop.example\n"
           "> User-Agent: test\n"
           "> \n"
           ">~ (the same without url)\n"
           ">~ GET /shop?q=;id HTTP/1.1\n"
           ">~ Host: shop.example\n"
           ">~ User-Agent: test\n"
           ">~ \n"
           "--- < 79 bytes at 0, 0.003000 s\n"
           ">>> not-found: The server answered that there is no such thing.\n"
           "< HTTP/1.1 [[404 Not Found]]\n"
           "< Content-Type: text/html\n"
           "< Content-Length: 9\n"
           "< \n"
           "< not here\n");
    end(&w);
}

/* Escape sequences, bidirectional controls, bytes that are no text. */
static void hostile_bytes_are_made_visible(void **state)
{
    struct world w = begin();

    (void)state;
    keep(&w, S,
         frame_udp(&w.f, false, 40000, 9999,
                   YG_STR("a\tb \xe2\x80\xae"
                          "evil\nnext line, long enough to be a "
                          "text although there is an escape in it somewhere")));
    keep(&w, 2 * S,
         frame_udp(&w.f, true, 40000, 9999,
                   YG_STR("\x1b[2J\x00\x01\xff]0;title\x07 0123456789abcdef")));
    struct yg_analysis_in in = alert(&w, true, 40000, S);
    in.ends.proto = YG_IP_UDP;
    in.ends.dst_port = 9999;
    golden(
        "hostile stream", &w, in, (struct yg_show){ .what = YG_SHOW_STREAM },
        "#1* udp 10.0.0.1:40000 > 192.0.2.80:9999, packets 1 > 1 <, bytes 91 > 33 <, "
        "at 0.000 s for 1.000 s\n"
        "--- > 91 bytes at 0, 0.000000 s\n"
        "> a\\x09b \\xe2\\x80\\xaeevil\n"
        "> next line, long enough to be a text although there is an escape in it "
        "somewhere\n"
        "--- < 33 bytes at 0, 1.000000 s\n"
        ">>> not-found: The server answered that there is no such thing.\n"
        "000000  1b 5b 32 4a 00 01 ff 5d  30 3b 74 69 74 6c 65 07  |.[2J...]0;title.|\n"
        "000010  20 30 31 32 33 34 35 36  37 38 39 61 62 63 64 65  | 0123456789abcde|\n"
        "000020  66                                                |f|\n");
    golden("hostileascii", &w, in, (struct yg_show){ .what = YG_SHOW_ASCII },
           "    1     0.000000 #1   > udp, 91 bytes\n"
           "  a\\x09b \\xe2\\x80\\xaeevil\n"
           "  next line, long enough to be a text although there is an escape in it "
           "somewhere\n"
           "    2     1.000000 #1   < udp, 33 bytes\n"
           "  \\x1b[2J\\x00\\x01\\xff]0;title\\x07 0123456789abcdef\n");
    end(&w);
}

static void lines_are_capped(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    golden("capped", &w, alert(&w, true, 40000, 5 * S), (struct yg_show){ .lines = 2 },

           "outcome\n"
           "failed: refused\n"
           "(more lines than are shown)\n");
    end(&w);
}

static void other_conversations_on_request(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    keep(&w, 6 * S, frame_udp(&w.f, false, 40001, 53, YG_STR("x")));
    keep(&w, 7 * S, YG_STR("no packet"));
    keep(&w, 8 * S, frame_icmp(&w.f, false, 8, 0, YG_STR("ping")));
    golden("all", &w, alert(&w, true, 40000, 5 * S), (struct yg_show){ .all = true },
           "outcome\n"
           "failed: refused\n"
           ">>> not-found: The server answered that there is no such thing. [#1 < 9+13, "
           "0.003000 s] 404 Not Found\n"
           "\n"
           "what was tried\n"
           "command: ;id (id), under 1 encoding\n"
           "\n"
           "exchanges\n"
           "#1 > GET /shop?q=%3Bid of shop.example: 404, missing, 9 bytes of text/html "
           "(by test)\n"
           "\n"
           "conversations (0 s is 1970-01-01T00:00:05.000000Z)\n"
           "#1* tcp 10.0.0.1:40000 > 192.0.2.80:80 http, packets 2 > 2 <, bytes 68 > 79 "
           "<, at 0.000 s for 0.003 s\n"
           "#2 udp 10.0.0.1:40001 > 192.0.2.80:53, packets 1 > 0 <, bytes 1 > 0 <, at "
           "1.000 s for 0.000 s\n"
           "#3 icmp 10.0.0.1 > 192.0.2.80, packets 1 > 0 <, bytes 4 > 0 <, at 3.000 s "
           "for 0.000 s\n"
           "\n"
           "packets\n"
           "    1     0.000000 #1   > tcp S, 0 bytes\n"
           "    2     0.001000 #1   < tcp SA, 0 bytes\n"
           "    3     0.002000 #1   > tcp A, 68 bytes  GET /shop?q=%3Bid\n"
           "    4     0.003000 #1   < tcp A, 79 bytes  404 missing\n"
           "    5     1.000000 #2   > udp, 1 bytes\n"
           "    6     2.000000 -      not IP, 9 bytes\n"
           "    7     3.000000 #3   > icmp, 4 bytes\n");
    end(&w);
}

static void json_of_each_view(void **state)
{
    static const char *const want[] = {
        "{\"main\":0,\"source_is_client\":true,\"anomalies\":[],"
        "\"conversations\":[{\"protocol\":\"tcp\","
        "\"client\":\"10.0.0.1:40000\",\"server\":\"192.0.2.80:80\","
        "\"application\":\"http\",\"first\":0,\"last\":0.003,"
        "\"from_start\":true,\"accepted\":true,\"to_server\":{\"packets\":2,"
        "\"wire\":148,\"payload\":68,\"kept\":68,\"missing\":0,\"repeated\":0},"
        "\"to_client\":{\"packets\":2,\"wire\":159,\"payload\":79,\"kept\":79,"
        "\"missing\":0,\"repeated\":0},\"anomalies\":[],"
        "\"exchanges\":[{\"direction\":\"to_server\",\"verb\":\"GET\","
        "\"target\":\"/shop?q=%3Bid\",\"host\":\"shop.example\","
        "\"agent\":\"test\",\"status\":404,\"answer\":\"missing\","
        "\"answer_size\":9,\"answer_type\":\"text/html\",\"asked\":0.002,"
        "\"answered\":0.003}]}],\"tried\":[{\"kind\":\"command\","
        "\"exchange\":0,\"text\":\";id\",\"object\":\"id\",\"encodings\":1}],"
        "\"outcome\":{\"success\":\"failed\",\"class\":\"refused\","
        "\"evidence\":[{\"kind\":\"not-found\","
        "\"sentence\":\"The server answered that there is no such thing.\","
        "\"conversation\":0,\"direction\":\"to_client\",\"at\":9,\"length\":13,"
        "\"time\":0.003,\"shows\":\"404 Not Found\"}]},"
        "\"packets\":[{\"number\":1,\"time\":0,\"conversation\":0,"
        "\"direction\":\"to_server\",\"wire\":40,\"captured\":40,"
        "\"protocol\":\"tcp\",\"payload\":0,\"flags\":\"S\"},{\"number\":3,"
        "\"time\":0.002,\"conversation\":0,\"direction\":\"to_server\","
        "\"wire\":108,\"captured\":108,\"protocol\":\"tcp\",\"payload\":68,"
        "\"flags\":\"A\",\"says\":\"GET /shop?q=%3Bid\"}]}",
        "\"packets\":[{\"number\":1,\"time\":0,\"conversation\":0,"
        "\"direction\":\"to_server\",\"wire\":40,\"captured\":40,"
        "\"protocol\":\"tcp\",\"payload\":0,\"flags\":\"S\","
        "\"hex\":"
        "\"4500002800000000780600000a000001c00002509c40005000001388000000005002ffff000000"
        "00\"},"
        "{\"number\":3,\"time\":0.002,\"conversation\":0,"
        "\"direction\":\"to_server\",\"wire\":108,\"captured\":108,"
        "\"protocol\":\"tcp\",\"payload\":68,\"flags\":\"A\","
        "\"says\":\"GET /shop?q=%3Bid\","
        "\"hex\":"
        "\"4500006c00000000780600000a000001c00002509c40005000001389000001f55010ffff000000"
        "00474554202f73686f703f713d253342696420485454502f312e310d0a486f73743a2073686f702e"
        "6578616d706c650d0a557365722d4167656e743a20746573740d0a0d0a\"}]}",
        "\"packets\":[{\"number\":1,\"time\":0,\"conversation\":0,"
        "\"direction\":\"to_server\",\"wire\":40,\"captured\":40,"
        "\"protocol\":\"tcp\",\"payload\":0,\"flags\":\"S\",\"ascii\":\"\"},"
        "{\"number\":3,\"time\":0.002,\"conversation\":0,"
        "\"direction\":\"to_server\",\"wire\":108,\"captured\":108,"
        "\"protocol\":\"tcp\",\"payload\":68,\"flags\":\"A\","
        "\"says\":\"GET /shop?q=%3Bid\","
        "\"ascii\":\"GET /shop?q=%3Bid HTTP/1.1\\nHost: shop.example\\nUser-Agent: "
        "test\\n\\n\"}]}",
        "\"stream\":[{\"conversation\":0,\"direction\":\"to_server\",\"at\":0,"
        "\"length\":68,\"time\":0.002,"
        "\"text\":\"GET /shop?q=%3Bid HTTP/1.1\\nHost: shop.example\\nUser-Agent: "
        "test\\n\\n\","
        "\"encodings\":\"url\","
        "\"peeled\":\"GET /shop?q=;id HTTP/1.1\\nHost: shop.example\\nUser-Agent: "
        "test\\n\\n\"}]}",
    };
    struct world w = begin();
    struct yg_buf out;

    (void)state;
    yg_buf_init(&out, 1 << 20);
    http(&w, 40000, 5 * S, SIZE_MAX);
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    struct yg_analysis r = analysed(&w, &in);
    for (uint8_t what = 0; what < 4; what++) {
        struct yg_show show = { .what = what, .way = YG_SHOW_TO_SERVER };
        struct yg_jsonw j = yg_jsonw_of(&out);
        yg_buf_clear(&out);
        yg_show_json(&j, &r, in.pcap, &show);
        const char *tail = strstr(yg_buf_cstr(&out), what == 0   ? "{"
                                                     : what == 3 ? "\"stream\""
                                                                 : "\"packets\":[");
        assert_non_null(tail);
        if (strcmp(tail, want[what]) != 0)
            fail_msg("%u:\n%s\ninstead of\n%s", what, tail, want[what]);
    }
    yg_buf_fini(&out);
    end(&w);
}

static struct yg_buf shown(struct world *w, struct yg_analysis *r, struct yg_str pcap,
                           struct yg_show show)
{
    struct yg_buf out;

    (void)w;
    yg_buf_init(&out, 1 << 20);
    yg_show_text(&out, r, pcap, &show);
    return out;
}

static void must_hold(struct yg_buf *out, const char *want, bool held)
{
    if ((strstr(yg_buf_cstr(out), want) != NULL) != held)
        fail_msg("%s'%s' in:\n%s", held ? "no " : "", want, yg_buf_cstr(out));
}

/* What is the same is told once, with a count; what differs is told. */
static void the_same_again_is_counted(void **state)
{
    struct world w = begin();

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    for (uint16_t i = 0; i < 5; i++)
        keep(&w, (6 + i) * S, frame_udp(&w.f, false, 41000 + i, 53, YG_STR("x")));
    keep(&w, 12 * S, frame_udp(&w.f, false, 41000, 54, YG_STR("x")));
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    struct yg_analysis r = analysed(&w, &in);
    for (unsigned i = 1; i < 4; i++) {
        r.outcome.mark[i] = r.outcome.mark[0];
        r.outcome.intent[i] = r.outcome.intent[0];
    }
    r.outcome.mark[2].talk = 1; /* of another conversation with the same server */
    r.outcome.mark[3].kind = YG_M_ORDINARY;
    r.outcome.intent[3].object = YG_STR("whoami");
    r.outcome.marks = r.outcome.intents = 4;
    struct yg_buf out = shown(&w, &r, in.pcap, (struct yg_show){ 0 });
    must_hold(&out,
              "\nfailed: refused\n>>> ordinary-answer: An ordinary answer came back. "
              "[#1 < 9+13, 0.003000 s] 404 Not Found\n"
              ">>> not-found: The server answered that there is no such thing. [#1 < "
              "9+13, 0.003000 s] 404 Not Found (and 2 more like it)\n",
              true);
    must_hold(&out,
              "command: ;id (id), under 1 encoding (and 2 more like it)\n"
              "command: ;id (whoami), under 1 encoding\n",
              true);
    must_hold(&out,
              "for 0.000 s (and 4 more like it)\n#7 udp 10.0.0.1:41000 > "
              "192.0.2.80:54",
              true);
    yg_buf_fini(&out);
    end(&w);
}

/* The outcome stands above: a summary does not end in a screen of packets. */
static void a_summary_has_few_packets(void **state)
{
    struct world w = begin();

    (void)state;
    for (int64_t i = 0; i < 40; i++)
        keep(&w, (5 + i) * S, frame_udp(&w.f, false, 40000, 9999, YG_STR("x")));
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    in.ends.proto = YG_IP_UDP;
    in.ends.dst_port = 9999;
    struct yg_analysis r = analysed(&w, &in);
    struct yg_buf out = shown(&w, &r, in.pcap, (struct yg_show){ 0 });
    must_hold(&out, "\n   10     9.000000 ", true);
    must_hold(&out, "\n   11 ", false);
    must_hold(&out, "\n(30 more: see the views stream, ascii and hex)\n", true);
    yg_buf_fini(&out);
    out = shown(&w, &r, in.pcap, (struct yg_show){ .what = YG_SHOW_ASCII });
    must_hold(&out, "\n   40    39.000000 ", true);
    yg_buf_fini(&out);
    end(&w);
}

/* Exchanges: the alert's own first, not a screen of them unless all are asked for. */
static void a_summary_has_few_exchanges(void **state)
{
    struct world w = begin();
    struct yg_exchange x[30] = { 0 };

    (void)state;
    http(&w, 40000, 5 * S, SIZE_MAX);
    keep(&w, 4 * S, frame_udp(&w.f, false, 40001, 53, YG_STR("x")));
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    struct yg_analysis r = analysed(&w, &in);
    for (size_t i = 0; i < YG_ARRAY_LEN(x); i++)
        x[i] = (struct yg_exchange){ .verb = YG_STR("ASK"), .status = -1 };
    for (uint32_t i = 0; i < r.talks; i++)
        if ((int)i != r.main) {
            r.talk[i]->exchange = x;
            r.talk[i]->exchanges = YG_ARRAY_LEN(x);
        }
    struct yg_buf out = shown(&w, &r, in.pcap, (struct yg_show){ 0 });
    must_hold(&out, "exchanges\n#1 > GET /shop?q=%3Bid of ", true);
    must_hold(&out, "> ASK: no answer\n(11 more: ask for all)\n", true);
    yg_buf_fini(&out);
    out = shown(&w, &r, in.pcap, (struct yg_show){ .all = true });
    must_hold(&out, "more: ask", false);
    yg_buf_fini(&out);
    end(&w);
}

/* A head that reads as text before content that does not. */
static void a_text_head_of_binary_content(void **state)
{
    struct world w = begin();

    (void)state;
    keep(&w, 5 * S,
         frame_udp(&w.f, false, 40000, 9999,
                   YG_STR("POST /up HTTP/1.1\r\nContent-Length: 20\r\n\r\n"
                          "\x00\x01\x02\x03\x04\x05\x06\x07\x80\x81\x82\x83\xff\xfe"
                          "\x00\x00\x00\x00\x00\x00")));
    struct yg_analysis_in in = alert(&w, true, 40000, 5 * S);
    in.ends.proto = YG_IP_UDP;
    in.ends.dst_port = 9999;
    struct yg_analysis r = analysed(&w, &in);
    struct yg_buf out =
        shown(&w, &r, in.pcap, (struct yg_show){ .what = YG_SHOW_STREAM });
    must_hold(&out,
              "> POST /up HTTP/1.1\n> Content-Length: 20\n> \n"
              "000029  00 01 02 03 04 05 06 07  80 81 82 83 ff fe 00 00  |",
              true);
    yg_buf_fini(&out);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary),
        cmocka_unit_test(hex_of_one_direction),
        cmocka_unit_test(ascii),
        cmocka_unit_test(the_stream_without_its_encodings),
        cmocka_unit_test(hostile_bytes_are_made_visible),
        cmocka_unit_test(lines_are_capped),
        cmocka_unit_test(other_conversations_on_request),
        cmocka_unit_test(json_of_each_view),
        cmocka_unit_test(the_same_again_is_counted),
        cmocka_unit_test(a_summary_has_few_packets),
        cmocka_unit_test(a_summary_has_few_exchanges),
        cmocka_unit_test(a_text_head_of_binary_content),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
