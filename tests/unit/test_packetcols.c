/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols.h"

#include "base/status.h"
#include "feature/features.h"
#include "frame_util.h"
#include "packet/capfile.h"
#include "talk_util.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TALKS  6
#define SECOND INT64_C(1000000000)

/* An analysis made by hand: the first conversation is the alert's. */
struct scene {
    struct talk_util util[TALKS];
    struct yg_talk *talk[TALKS];
    struct yg_exchange exchange[TALKS][8];
    struct yg_hello hello;
    struct yg_analysis a;
    float row[YG_FEATURE_COUNT];
};

static struct scene *scene(void)
{
    struct scene *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->a.talk = s->talk;
    s->a.has_pcap = true;
    return s;
}

/* One more conversation; its bytes are added by talk_add until `columns`. */
static struct talk_util *converse(struct scene *s, uint16_t port, double at)
{
    struct talk_util *u = &s->util[s->a.talks];

    talk_init(u, YG_IP_TCP, port);
    u->now += (int64_t)(at * 1e9);
    u->talk.first_ns = u->talk.last_ns = u->now;
    s->talk[s->a.talks++] = &u->talk;
    return u;
}

static struct yg_exchange *ask(struct scene *s, uint32_t talk, uint8_t app)
{
    struct yg_talk *t = &s->util[talk].talk;

    t->app = app;
    t->exchange = s->exchange[talk];
    struct yg_exchange *x = &t->exchange[t->exchanges++];
    x->app = app;
    x->status = -1;
    return x;
}

static const float *columns(struct scene *s)
{
    for (uint32_t i = 0; i < s->a.talks; i++)
        talk_done(&s->util[i]);
    s->a.arena = &s->util[0].arena;
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        s->row[i] = NAN;
    yg_packet_columns(&s->a, s->row);
    return s->row;
}

static void end(struct scene *s)
{
    for (uint32_t i = 0; i < s->a.talks; i++)
        talk_fini(&s->util[i]);
    free(s);
}

static void expect(const float *row, enum yg_feature column, double want)
{
    double got = (double)row[column];

    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-4 * (1 + fabs(want))))
        fail_msg("%s is %g, not %g", yg_feature_info[column].name, got, want);
}

static void set_end(unsigned char *ip, const char *text)
{
    assert_true(yg_ip_parse(yg_str_of(text), ip));
}

static void without_packets_all_is_absent(void **state)
{
    float row[YG_FEATURE_COUNT];

    (void)state;
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        row[i] = NAN;
    yg_packet_columns(NULL, row);
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        assert_true(isnan(row[i]));
}

static void without_the_alerts_own_conversation_little_is_told(void **state)
{
    struct scene *s = scene();

    (void)state;
    s->a.main = -1;
    s->a.outcome.class = YG_OUT_UNSEEN;
    s->a.anomalies = YG_ANOMALY_BIT(YG_A_TCP_GAP) | YG_ANOMALY_BIT(YG_A_CUT);
    const float *row = columns(s);
    expect(row, YG_X_P_KEPT, 1);
    expect(row, YG_X_P_ANOMALIES, 2);
    expect(row, YG_X_P_OVERLAP, 0);
    expect(row, YG_X_P_N_C, NAN);
    expect(row, YG_X_P_AROUND, NAN);
    end(s);
}

static void volume_direction_and_timing(void **state)
{
    struct scene *s = scene();
    struct talk_util *u = converse(s, 80, 0);
    static const struct {
        int to, size;
        double at;
    } piece[] = {
        { YG_TO_SERVER, 10, 0 },   { YG_TO_CLIENT, 200, 0.5 }, { YG_TO_CLIENT, 100, 0.6 },
        { YG_TO_SERVER, 20, 1 },   { YG_TO_SERVER, 30, 3 },    { YG_TO_CLIENT, 90, 3.25 },
        { YG_TO_SERVER, 300, 10 },
    };
    char bytes[300] = { 0 };

    (void)state;
    int64_t start = u->now;
    for (size_t i = 0; i < YG_ARRAY_LEN(piece); i++)
        talk_add(u, piece[i].to, bytes, (size_t)piece[i].size,
                 start + (int64_t)(piece[i].at * 1e9));
    u->talk.side[YG_TO_SERVER].ttl_min = 121;
    u->talk.side[YG_TO_SERVER].ttl_max = 125;
    u->talk.side[YG_TO_CLIENT].ttl_min = u->talk.side[YG_TO_CLIENT].ttl_max = 64;
    u->talk.side[YG_TO_CLIENT].rst = 1;
    u->talk.unreachable = 2;
    u->talk.side[YG_TO_SERVER].repeated = 7;
    u->talk.side[YG_TO_CLIENT].gap_bytes = 9;
    s->a.to_server = true;
    const float *row = columns(s);
    static const struct {
        enum yg_feature column;
        double want;
    } want[] = {
        { YG_X_P_ASKER, 1 },
        { YG_X_P_START, 1 },
        { YG_X_P_ACCEPTED, 1 },
        { YG_X_P_N_C, 4 },
        { YG_X_P_N_S, 3 },
        { YG_X_P_BYTES_C, 360 },
        { YG_X_P_BYTES_S, 390 },
        { YG_X_P_SHARE, 360.0 / 750 },
        { YG_X_P_TIME, 10 },
        { YG_X_P_ANSWER_TIME, 0.5 },
        { YG_X_P_GAP_MEAN, 10.0 / 3 },
        { YG_X_P_GAP_MAX, 6.75 },
        /* gaps 1, 2, 7: variance 62/9 */
        { YG_X_P_GAP_CV, 2.6246692913 / (10.0 / 3) },
        { YG_X_P_C1, 10 },
        { YG_X_P_C4, 300 },
        { YG_X_P_S1, 200 },
        { YG_X_P_S3, 90 },
        { YG_X_P_S4, NAN },
        { YG_X_P_TURNS, 4 },
        { YG_X_P_SMALL, 5.0 / 7 },
        { YG_X_P_REPEATED, 7 },
        { YG_X_P_LOST, 9 },
        { YG_X_P_RST_C, 0 },
        { YG_X_P_RST_S, 1 },
        { YG_X_P_FIN, 0 },
        { YG_X_P_UNREACHABLE, 1 },
        { YG_X_P_TTL_C, 128 },
        { YG_X_P_HOPS_C, 3 },
        { YG_X_P_TTL_S, 64 },
        { YG_X_P_HOPS_S, 0 },
        { YG_X_P_TTL_SPREAD, 4 },
        { YG_X_P_SAME_NET, 0 },
        { YG_X_P_ASKS, 0 },
        { YG_X_P_TARGET, NAN },
        { YG_X_P_LABELS, NAN },
        { YG_X_P_TLS_VERSION, NAN },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        expect(row, want[i].column, want[i].want);
    end(s);
}

static void a_silent_conversation(void **state)
{
    struct scene *s = scene();
    struct talk_util *u = converse(s, 80, 0);

    (void)state;
    u->talk.side[YG_TO_SERVER].packets = 3;
    u->talk.side[YG_TO_SERVER].syn = 3;
    const float *row = columns(s);
    expect(row, YG_X_P_ACCEPTED, 0);
    expect(row, YG_X_P_N_C, 3);
    expect(row, YG_X_P_SHARE, NAN);
    expect(row, YG_X_P_TURNS, 0);
    expect(row, YG_X_P_SMALL, NAN);
    expect(row, YG_X_P_GAP_MAX, NAN);
    expect(row, YG_X_P_ENTROPY_C, NAN);
    expect(row, YG_X_P_TTL_C, NAN);
    end(s);
}

static void kinds_of_bytes(void **state)
{
    struct scene *s = scene();
    struct talk_util *u = converse(s, 80, 0);
    static const char text[] = "aaaa\x80\x80"
                               "aaaaaa\0\0";

    (void)state;
    talk_add(u, YG_TO_SERVER, text, 14, 0);
    talk_add(u, YG_TO_CLIENT, "abc", 3, 0);
    const float *row = columns(s);
    expect(row, YG_X_P_PRINT_C, 10.0 / 14);
    expect(row, YG_X_P_ZERO_C, 2.0 / 14);
    expect(row, YG_X_P_HIGH_C, 2.0 / 14);
    expect(row, YG_X_P_RUN_C, 6);
    expect(row, YG_X_P_BYTES_OF_C, 3);
    /* aaaa three more times among 11 pieces: 8 different */
    expect(row, YG_X_P_GRAMS_C, 8.0 / 11);
    double sum = 0;
    for (int i = YG_X_P_GRAM1_C; i <= YG_X_P_GRAM4_C; i++)
        sum += (double)row[i];
    assert_true(fabs(sum - 1) < 1e-6);
    expect(row, YG_X_P_ENTROPY_S, 1.5849625);
    expect(row, YG_X_P_GRAMS_S, NAN); /* shorter than one piece */
    end(s);
}

static void questions_and_answers(void **state)
{
    struct scene *s = scene();

    (void)state;
    talk_add(converse(s, 80, 0), YG_TO_SERVER, "x", 1, 0);
    struct yg_exchange *x = ask(s, 0, YG_APP_HTTP);
    x->verb = YG_STR("POST");
    x->target = YG_STR("/a/b.php?x=1&y=2");
    x->host = YG_STR("192.0.2.80:80");
    x->agent = YG_STR("curl/8.0");
    x->head = YG_STR("POST /a/b.php?x=1&y=2 HTTP/1.1\r\nHost: 192.0.2.80\r\n"
                     "Cookie: a=b\r\nX-Odd: 1\r\nReferer: x\r\n\r\nNot: one");
    x->body = YG_STR("aaaabbbb");
    x->flags = YG_XF_LOGIN | YG_XF_EXEC;
    x->answer = YG_ANSWER_REFUSED;
    x->answer_size = 100;
    x = ask(s, 0, YG_APP_HTTP);
    x->verb = YG_STR("GET");
    x->target = YG_STR("/");
    x->answer = YG_ANSWER_OK;
    x->flags = YG_XF_LOGIN;
    x->answer_size = 5000;
    x->answer_body = YG_STR("abababab");
    x = ask(s, 0, YG_APP_HTTP);
    x->target = YG_STR("/");
    x = ask(s, 0, YG_APP_HTTP);
    x->target = YG_STR("/<<<");
    x->answer = YG_ANSWER_MISSING;
    const float *row = columns(s);
    static const struct {
        enum yg_feature column;
        double want;
    } want[] = {
        { YG_X_P_ASKS, 4 },       { YG_X_P_TARGETS, 3 },
        { YG_X_P_TARGET, 16 },    { YG_X_P_TARGET_MAX, 16 },
        { YG_X_P_DEPTH, 2 },      { YG_X_P_PARAMS, 2 },
        { YG_X_P_ODD, 0.75 },     { YG_X_P_LAYERS, 0 },
        { YG_X_P_HEADERS, 4 },    { YG_X_P_HEADERS_ODD, 0.25 },
        { YG_X_P_HOST_IP, 1 },    { YG_X_P_AGENT, 2 },
        { YG_X_P_COOKIE, 1 },     { YG_X_P_REFERER, 1 },
        { YG_X_P_METHOD, 2 },     { YG_X_P_BODY, 8 },
        { YG_X_P_LOGIN_OK, 1 },   { YG_X_P_LOGIN_BAD, 1 },
        { YG_X_P_EXEC, 1 },       { YG_X_P_ADMIN, 0 },
        { YG_X_P_OK, 0.25 },      { YG_X_P_REFUSED, 0.25 },
        { YG_X_P_MISSING, 0.25 }, { YG_X_P_NONE, 0.25 },
        { YG_X_P_ERROR, 0 },      { YG_X_P_LAST, YG_ANSWER_MISSING },
        { YG_X_P_BODY_EXEC, 0 },  { YG_X_P_BODY_ENTROPY, 1 },
        { YG_X_P_FILE_EXEC, 0 },  { YG_X_P_ANSWER_SIZE, 5000 },
        { YG_X_P_LABELS, NAN },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        expect(row, want[i].column, want[i].want);
    end(s);
}

static void names_asked_for(void **state)
{
    struct scene *s = scene();
    static const char *const name[] = { "a1b2xkcdz.evil.example", "q.evil.example",
                                        "q.evil.example", "www.other.example.",
                                        "w.other.example." };

    (void)state;
    talk_add(converse(s, 53, 0), YG_TO_SERVER, "x", 1, 0);
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        struct yg_exchange *x = ask(s, 0, YG_APP_DNS);
        x->target = yg_str_of(name[i]);
        x->verb = i ? YG_STR("A") : YG_STR("TXT");
        x->answer = i == 1 ? YG_ANSWER_MISSING : YG_ANSWER_OK;
        x->answer_body = i == 2 ? YG_STR("192.0.2.1") : YG_STR_NONE;
    }
    const float *row = columns(s);
    expect(row, YG_X_P_LABELS, 3);
    expect(row, YG_X_P_LABEL, 9);
    expect(row, YG_X_P_NAME_ENTROPY, 3.169925);
    expect(row, YG_X_P_NAME_DIGITS, 2.0 / 9);
    expect(row, YG_X_P_NAME_CONSONANTS, 5);
    expect(row, YG_X_P_NAME_FAILED, 0.2);
    expect(row, YG_X_P_NAME_DATA, 0.2);
    expect(row, YG_X_P_NAME_SUBS, 2); /* of four below .example */
    expect(row, YG_X_P_NAME_ANSWER, 9);
    end(s);
}

static void what_a_hello_tells(void **state)
{
    struct scene *s = scene();
    struct talk_util *u = converse(s, 443, 0);

    (void)state;
    s->hello = (struct yg_hello){ .version = 0x303,
                                  .cipher = 0xc02f,
                                  .sni = YG_STR("xkcdqwrt.example"),
                                  .alpn = YG_STR("h2,http/1.1"),
                                  .names = YG_STR("a.example, b.example"),
                                  .not_before = 1700000000,
                                  .not_after = 1700000000 + 90 * 86400,
                                  .certificates = 1,
                                  .self_signed = true };
    talk_add(u, YG_TO_SERVER, "x", 1, 0);
    u->talk.hello = &s->hello;
    const float *row = columns(s);
    expect(row, YG_X_P_TLS_VERSION, 0x303);
    expect(row, YG_X_P_TLS_NAME, 16);
    expect(row, YG_X_P_TLS_NAME_RUN, 8);
    expect(row, YG_X_P_TLS_ALPN, 2);
    expect(row, YG_X_P_TLS_SELF, 1);
    expect(row, YG_X_P_TLS_DAYS, 90);
    expect(row, YG_X_P_TLS_NAMES, 2);
    expect(row, YG_X_P_TLS_CIPHER, 2);
    s->hello.certificates = 0;
    s->hello.sni = YG_STR_NONE;
    s->hello.chosen = 0x304;
    s->hello.cipher = 0x1301;
    row = columns(s);
    expect(row, YG_X_P_TLS_VERSION, 0x304);
    expect(row, YG_X_P_TLS_NAME, 0);
    expect(row, YG_X_P_TLS_NAME_ENTROPY, NAN);
    expect(row, YG_X_P_TLS_SELF, NAN);
    expect(row, YG_X_P_TLS_DAYS, NAN);
    expect(row, YG_X_P_TLS_CIPHER, 1);
    end(s);
}

static void cipher_classes(void **state)
{
    static const struct {
        const char *what;
        uint16_t cipher;
        double want;
    } row[] = {
        { "none", 0, 0 },
        { "TLS_AES_128_GCM_SHA256", 0x1301, 1 },
        { "ECDHE_ECDSA_AES_128_GCM", 0xc02b, 2 },
        { "ECDHE_RSA_CHACHA20", 0xcca8, 2 },
        { "DHE_RSA_AES_128_GCM", 0x9e, 2 },
        { "ECDHE_RSA_AES_256_CBC_SHA", 0xc014, 3 },
        { "DHE_RSA_AES_128_CBC_SHA", 0x33, 3 },
        { "RSA_AES_128_CBC_SHA", 0x2f, 4 },
        { "RSA_AES_256_CBC_SHA", 0x35, 4 },
        { "RSA_AES_128_GCM", 0x9c, 4 },
        { "RSA_3DES_EDE_CBC_SHA", 0x0a, 4 },
        { "RSA_RC4_128_MD5", 0x04, 5 },
        { "RSA_EXPORT_RC4_40_MD5", 0x03, 5 },
        { "RSA_NULL_SHA256", 0x3b, 5 },
        { "DH_anon_AES_128_CBC_SHA", 0x34, 5 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct scene *s = scene();
        struct talk_util *u = converse(s, 443, 0);
        s->hello = (struct yg_hello){ .cipher = row[i].cipher };
        u->talk.hello = &s->hello;
        if ((double)columns(s)[YG_X_P_TLS_CIPHER] != row[i].want)
            fail_msg("%s is %g", row[i].what, (double)s->row[YG_X_P_TLS_CIPHER]);
        end(s);
    }
}

/* A server of ours is attacked from outside and then talks. */
static struct scene *attacked(void)
{
    struct scene *s = scene();

    for (uint32_t i = 0; i < 5; i++) {
        struct talk_util *u = converse(s, 80, i ? 10.0 * i : 0);
        set_end(u->talk.client, i == 0 ? "203.0.114.9" : "10.0.0.5");
        set_end(u->talk.server, i == 0   ? "10.0.0.5"
                                : i == 1 ? "203.0.114.9"
                                : i < 4  ? "8.8.4.4"
                                         : "10.0.0.7");
        talk_add(u, YG_TO_SERVER, "0123456789", i ? 10 : 4, u->now);
        talk_add(u, YG_TO_CLIENT, "0123456789", i ? 2 : 6, 0);
    }
    return s;
}

static void what_the_machine_did_afterwards(void **state)
{
    struct scene *s = attacked();

    (void)state;
    ask(s, 2, YG_APP_HTTP)->host = YG_STR("8.8.4.4");
    ask(s, 4, YG_APP_DNS)->answer = YG_ANSWER_MISSING;
    ask(s, 4, YG_APP_DNS)->answer = YG_ANSWER_OK;
    s->hello.self_signed = true;
    s->util[3].talk.hello = &s->hello;
    const float *row = columns(s);
    expect(row, YG_X_P_AROUND, 4);
    expect(row, YG_X_P_BACK, 1);
    expect(row, YG_X_P_NEW, 2); /* 8.8.4.4 once, 10.0.0.7 */
    expect(row, YG_X_P_OUTSIDE, 3);
    expect(row, YG_X_P_AROUND_OUT, 40);
    expect(row, YG_X_P_AROUND_IN, 8);
    expect(row, YG_X_P_AROUND_SHARE, 46.0 / 58);
    expect(row, YG_X_P_AROUND_RAW, 1);
    expect(row, YG_X_P_AROUND_NX, 0.5);
    expect(row, YG_X_P_AROUND_BARE, 1);
    expect(row, YG_X_P_AROUND_SELF, 1);
    expect(row, YG_X_P_PAIR, 1);
    expect(row, YG_X_P_PAIR_CV, NAN); /* of one gap nothing can be said */
    s->util[4].talk.first_ns = s->util[0].talk.first_ns; /* not after it */
    row = columns(s);
    expect(row, YG_X_P_AROUND, 3);
    expect(row, YG_X_P_NEW, 1);
    s->a.has_pcap = false;
    expect(columns(s), YG_X_P_AROUND, NAN);
    end(s);
}

static void the_same_pair_meets_regularly(void **state)
{
    static const double start[2][5] = { { 0, 60, 120, 180, 240 },
                                        { 0, 5, 120, 125, 240 } };
    static const double want[2] = { 0, 55.0 / 60 };

    (void)state;
    for (int k = 0; k < 2; k++) {
        struct scene *s = scene();
        for (int i = 0; i < 5; i++)
            talk_add(converse(s, 443, start[k][i]), YG_TO_SERVER, "x", 1, 0);
        const float *row = columns(s);
        expect(row, YG_X_P_PAIR, 4);
        expect(row, YG_X_P_PAIR_CV, want[k]);
        end(s);
    }
}

static void outcome_and_anomalies(void **state)
{
    struct scene *s = scene();
    struct yg_outcome *o = &s->a.outcome;

    (void)state;
    talk_add(converse(s, 80, 0), YG_TO_SERVER, "x", 1, 0);
    o->class = YG_OUT_ACTED;
    o->success = YG_SUCCEEDED;
    o->intents = 3;
    o->intent[0].kind = o->intent[1].kind = YG_INTENT_LOOKUP;
    o->intent[1].layers = 2;
    o->intent[2].kind = YG_INTENT_SCAN;
    o->marks = 5;
    o->mark[0].kind = YG_M_DENIED;
    o->mark[1].kind = YG_M_DENIED;
    o->mark[2].kind = YG_M_COMMAND_OUTPUT;
    o->mark[3].kind = YG_M_CALLBACK;
    o->mark[4].kind = YG_M_BEACON;
    s->a.anomalies = YG_ANOMALY_BIT(YG_A_TCP_OVERLAP) | YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    const float *row = columns(s);
    expect(row, YG_X_P_OUTCOME, YG_OUT_ACTED);
    expect(row, YG_X_P_SUCCESS, YG_SUCCEEDED);
    expect(row, YG_X_P_INTENT, YG_INTENT_LOOKUP);
    expect(row, YG_X_P_INTENTS, 2);
    expect(row, YG_X_P_HIDDEN, 2);
    expect(row, YG_X_P_MARK_REFUSED, 1);
    expect(row, YG_X_P_MARK_GRANTED, 1);
    expect(row, YG_X_P_MARK_ACTED, 2);
    expect(row, YG_X_P_BEACON, 1);
    expect(row, YG_X_P_OVERLAP, 1);
    expect(row, YG_X_P_BROKEN, 1);
    expect(row, YG_X_P_ODD_PORT, 0);
    end(s);
}

/* From frames on: a request that is refused. */
static void from_a_capture(void **state)
{
    const struct yg_str request = YG_STR("GET /x?a=%2e%2e HTTP/1.1\r\n"
                                         "Host: www.example\r\n"
                                         "User-Agent: sqlmap/1\r\n\r\n");
    const struct yg_str answer = YG_STR("HTTP/1.1 403 Forbidden\r\n"
                                        "Content-Length: 2\r\n\r\nno");
    const struct frame_tcp segment[] = {
        { false, 40000, 80, YG_TCP_SYN, 99, 0, YG_STR_NONE },
        { true, 40000, 80, YG_TCP_SYN | YG_TCP_ACK, 499, 100, YG_STR_NONE },
        { false, 40000, 80, YG_TCP_ACK, 100, 500, request },
        { true, 40000, 80, YG_TCP_ACK, 500, 100 + (uint32_t)request.n, answer },
        { true, 40000, 80, YG_TCP_FIN | YG_TCP_ACK, 500 + (uint32_t)answer.n,
          100 + (uint32_t)request.n, YG_STR_NONE },
    };
    struct yg_analysis_in in = { .has_ends = true, .time_ns = TALK_UTIL_START + SECOND };
    struct yg_analyser *analyser = NULL;
    struct frame_util f;
    struct yg_buf pcap;
    float row[YG_FEATURE_COUNT];

    (void)state;
    yg_buf_init(&pcap, 1U << 20);
    yg_pcap_begin(&pcap, FRAME_LINK);
    for (size_t i = 0; i < YG_ARRAY_LEN(segment); i++) {
        struct yg_str bytes = frame_tcp(&f, &segment[i]);
        yg_pcap_add(&pcap, TALK_UTIL_START + (int64_t)i * SECOND, bytes,
                    (uint32_t)bytes.n);
    }
    assert_int_equal(yg_buf_status(&pcap), YG_OK);
    in.pcap = yg_buf_str(&pcap);
    set_end(in.ends.src, "10.0.0.1");
    set_end(in.ends.dst, "192.0.2.80");
    in.ends.src_port = 40000;
    in.ends.dst_port = 80;
    in.ends.proto = YG_IP_TCP;
    assert_int_equal(yg_analyser_new(&analyser), YG_OK);
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        row[i] = NAN;
    yg_packet_columns(yg_analyse(analyser, &in), row);
    static const struct {
        enum yg_feature column;
        double want;
    } want[] = {
        { YG_X_P_KEPT, 1 },    { YG_X_P_ASKER, 1 },
        { YG_X_P_START, 1 },   { YG_X_P_ACCEPTED, 1 },
        { YG_X_P_N_C, 2 },     { YG_X_P_N_S, 3 },
        { YG_X_P_C2, NAN },    { YG_X_P_ANSWER_TIME, 1 },
        { YG_X_P_TIME, 4 },    { YG_X_P_FIN, 1 },
        { YG_X_P_TTL_C, 128 }, { YG_X_P_HOPS_C, 8 },
        { YG_X_P_TTL_S, 64 },  { YG_X_P_HOPS_S, 4 },
        { YG_X_P_ASKS, 1 },    { YG_X_P_METHOD, 1 },
        { YG_X_P_AGENT, 2 },   { YG_X_P_HEADERS, 2 },
        { YG_X_P_PARAMS, 1 },  { YG_X_P_REFUSED, 1 },
        { YG_X_P_LAYERS, 1 },  { YG_X_P_OUTCOME, YG_OUT_REFUSED },
        { YG_X_P_AROUND, 0 },  { YG_X_P_PAIR, 0 },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        expect(row, want[i].column, want[i].want);
    expect(row, YG_X_P_C1, (double)request.n);
    expect(row, YG_X_P_BYTES_S, (double)answer.n);
    yg_analyser_free(analyser);
    yg_buf_fini(&pcap);
}

/* Other addresses of the same sides, ports that nobody owns, weeks later: the same. */
static void who_it_was_changes_nothing(void **state)
{
    struct scene *one = attacked(), *two = attacked();
    const int64_t weeks = 53 * 7 * 86400 * SECOND;

    (void)state;
    for (uint32_t i = 0; i < two->a.talks; i++) {
        struct yg_talk *t = &two->util[i].talk;
        for (int e = 0; e < 2; e++) {
            unsigned char *ip = e ? t->server : t->client;
            if (ip[12] == 10)
                ip[13] ^= 77;
            else
                ip[14] = (unsigned char)(ip[14] + 9);
            ip[15] = (unsigned char)(200 - ip[15]);
        }
        t->client_port = 51234;
        t->first_ns += weeks;
        t->last_ns += weeks;
        for (int side = 0; side < YG_SIDES; side++) {
            t->side[side].first_ns += weeks;
            t->side[side].last_ns += weeks;
            for (uint32_t k = 0; k < t->side[side].segments; k++)
                two->util[i].segment[side][k].time_ns += weeks;
        }
    }
    assert_memory_equal(columns(one), columns(two), sizeof(one->row));
    end(one);
    end(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_packets_all_is_absent),
        cmocka_unit_test(without_the_alerts_own_conversation_little_is_told),
        cmocka_unit_test(volume_direction_and_timing),
        cmocka_unit_test(a_silent_conversation),
        cmocka_unit_test(kinds_of_bytes),
        cmocka_unit_test(questions_and_answers),
        cmocka_unit_test(names_asked_for),
        cmocka_unit_test(what_a_hello_tells),
        cmocka_unit_test(cipher_classes),
        cmocka_unit_test(what_the_machine_did_afterwards),
        cmocka_unit_test(the_same_pair_meets_regularly),
        cmocka_unit_test(outcome_and_anomalies),
        cmocka_unit_test(from_a_capture),
        cmocka_unit_test(who_it_was_changes_nothing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
