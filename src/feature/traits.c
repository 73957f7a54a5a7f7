/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/traits.h"

#include "base/status.h"
#include "event/ip.h"
#include "feature/bytestat.h"
#include "feature/features.h"
#include "feature/words.h"

#define TEXT_MAX 2048

/* One row per text that means a number; the first row that matches counts. */
struct code {
    const char *text;
    float code;
};

static float code_exact(const struct code *t, size_t n, struct yg_str s, float otherwise)
{
    for (size_t i = 0; i < n; i++)
        if ((s.n == 0 || yg_str_may_start(s.p[0], t[i].text[0])) &&
            yg_str_eq_nocase(s, yg_str_of(t[i].text)))
            return t[i].code;
    return otherwise;
}

static struct yg_str text_of(const struct yg_batch *b, const struct yg_event *e,
                             enum yg_field f)
{
    struct yg_str s = yg_event_str(b, e, f);

    if (s.n > TEXT_MAX)
        s.n = TEXT_MAX;
    return s;
}

static void put_number(const struct yg_event *e, enum yg_field f, float *out)
{
    if (yg_event_has(e, f))
        *out = (float)e->value[f].u;
}

static void fill_flow(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    static const struct code app[] = {
        { "http", 1 },   { "http2", 1 }, { "tls", 2 },  { "ssl", 2 },    { "quic", 2 },
        { "dns", 3 },    { "smb", 4 },   { "smb2", 4 }, { "dcerpc", 4 }, { "krb5", 4 },
        { "ldap", 4 },   { "ntlm", 4 },  { "smtp", 5 }, { "imap", 5 },   { "pop3", 5 },
        { "pop", 5 },    { "ssh", 6 },   { "rdp", 6 },  { "rfb", 6 },    { "telnet", 6 },
        { "failed", 0 }, { "", 0 },
    };

    put_number(e, YG_F_PKTS_TO_SERVER, &row[YG_X_FLOW_PKTS_S]);
    put_number(e, YG_F_PKTS_TO_CLIENT, &row[YG_X_FLOW_PKTS_C]);
    put_number(e, YG_F_BYTES_TO_SERVER, &row[YG_X_FLOW_BYTES_S]);
    put_number(e, YG_F_BYTES_TO_CLIENT, &row[YG_X_FLOW_BYTES_C]);
    if (yg_event_has(e, YG_F_BYTES_TO_SERVER) && yg_event_has(e, YG_F_BYTES_TO_CLIENT))
        row[YG_X_FLOW_RATIO] = row[YG_X_FLOW_BYTES_S] /
                               (row[YG_X_FLOW_BYTES_S] + row[YG_X_FLOW_BYTES_C] + 1.0F);
    if (yg_event_has(e, YG_F_FLOW_START)) {
        int64_t start = e->value[YG_F_FLOW_START].t;
        /* As integers: a difference of large doubles depends on the date. */
        uint64_t age = e->time_ns > start ? (uint64_t)e->time_ns - (uint64_t)start : 0;
        row[YG_X_FLOW_AGE] = (float)((double)age * 1e-9);
    }
    if (yg_event_has(e, YG_F_APP_PROTO))
        row[YG_X_APP] =
            code_exact(app, YG_ARRAY_LEN(app), text_of(b, e, YG_F_APP_PROTO), 7);
}

struct yg_target_shape yg_target_shape_of(struct yg_str target)
{
    /* %<>"'`;|\(){}[]$^* and what is not printable ASCII */
    static const bool is_odd[128] = {
        ['%'] = true, ['<'] = true, ['>'] = true, ['"'] = true,  ['\''] = true,
        ['`'] = true, [';'] = true, ['|'] = true, ['\\'] = true, ['('] = true,
        [')'] = true, ['{'] = true, ['}'] = true, ['['] = true,  [']'] = true,
        ['$'] = true, ['^'] = true, ['*'] = true,
    };
    struct yg_target_shape s = { 0 };
    uint32_t strange = 0;
    bool query = false;

    for (size_t i = 0; i < target.n; i++) {
        unsigned char c = (unsigned char)target.p[i];
        if (c <= 0x20 || c > 0x7e || is_odd[c])
            strange++;
        if ((c == '?' && !query) || (c == '&' && query))
            s.params++;
        s.depth += !query && (c == '/' || c == '\\');
        if (c == '?')
            query = true;
    }
    s.odd = target.n ? (float)strange / (float)target.n : 0;
    return s;
}

static void fill_url(struct yg_str url, float *row)
{
    struct yg_target_shape s = yg_target_shape_of(url);

    row[YG_X_URL_LENGTH] = (float)url.n;
    row[YG_X_URL_PARAMS] = (float)s.params;
    row[YG_X_URL_ODD] = s.odd;
}

#define W(text)                                                                          \
    {                                                                                    \
        text, sizeof(text) - 1, YG_WORD_PREFIX, 0                                        \
    }

float yg_agent_class(struct yg_str agent)
{
    /* Programs that people or scripts drive; browsers and systems do not name them. */
    static const struct yg_word tool[] = {
        W("aiohttp"),    W("apache-httpclient"),
        W("autoit"),     W("axios"),
        W("bingbot"),    W("bits/"),
        W("bot"),        W("certutil"),
        W("curl"),       W("dirb"),
        W("dirbuster"),  W("feroxbuster"),
        W("ffuf"),       W("fuzz"),
        W("go-http"),    W("gobuster"),
        W("googlebot"),  W("http_"),
        W("hydra"),      W("java/"),
        W("libwww"),     W("masscan"),
        W("nikto"),      W("nmap"),
        W("node-fetch"), W("nuclei"),
        W("okhttp"),     W("perl"),
        W("powershell"), W("python"),
        W("ruby"),       W("scan"),
        W("sqlmap"),     W("wget"),
        W("winhttp"),    W("wpscan"),
        W("zgrab"),
    };

    if (agent.n == 0)
        return 0;
    if (yg_words_any(agent, tool, YG_ARRAY_LEN(tool)))
        return 2;
    return yg_str_starts(agent, YG_STR("Mozilla/")) ||
                   yg_str_starts(agent, YG_STR("Opera/"))
               ? 1
               : 3;
}

bool yg_host_is_address(struct yg_str host)
{
    unsigned char ip[YG_IP_SIZE];
    struct yg_str rest = host;

    if (yg_ip_parse(host, ip))
        return true;
    return yg_ip_parse(yg_str_cut(&rest, ':'), ip);
}

float yg_method_class(struct yg_str method)
{
    static const struct code code[] = { { "GET", 1 }, { "POST", 2 }, { "HEAD", 3 } };

    return code_exact(code, YG_ARRAY_LEN(code), method, 4);
}

static void fill_http(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    if (yg_event_has(e, YG_F_HTTP_STATUS)) {
        uint64_t status = e->value[YG_F_HTTP_STATUS].u / 100;
        row[YG_X_HTTP_STATUS] = status <= 9 ? (float)status : 9;
    }
    if (yg_event_has(e, YG_F_HTTP_METHOD))
        row[YG_X_HTTP_METHOD] = yg_method_class(text_of(b, e, YG_F_HTTP_METHOD));
    if (yg_event_has(e, YG_F_URL))
        fill_url(text_of(b, e, YG_F_URL), row);
    if (yg_event_has(e, YG_F_URL_DOMAIN))
        row[YG_X_URL_HOST_IP] = yg_host_is_address(text_of(b, e, YG_F_URL_DOMAIN));
    put_number(e, YG_F_HTTP_LENGTH, &row[YG_X_HTTP_LENGTH]);
    if (yg_event_has(e, YG_F_USER_AGENT))
        row[YG_X_USER_AGENT] = yg_agent_class(text_of(b, e, YG_F_USER_AGENT));
    else if (yg_event_has(e, YG_F_HTTP_METHOD))
        row[YG_X_USER_AGENT] = 0;
}

static void fill_dns(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    static const struct code rcode[] = { { "NOERROR", 0 }, { "NXDOMAIN", 1 } };

    if (yg_event_has(e, YG_F_DNS_QUESTION)) {
        struct yg_str name = text_of(b, e, YG_F_DNS_QUESTION);
        row[YG_X_DNS_LENGTH] = (float)name.n;
        row[YG_X_DNS_ENTROPY] = yg_bytestat_of(name).entropy;
    }
    if (yg_event_has(e, YG_F_DNS_RCODE))
        row[YG_X_DNS_RCODE] =
            code_exact(rcode, YG_ARRAY_LEN(rcode), text_of(b, e, YG_F_DNS_RCODE), 2);
}

static void fill_tls(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    static const enum yg_field any[] = { YG_F_TLS_SNI, YG_F_TLS_JA3, YG_F_TLS_ISSUER,
                                         YG_F_TLS_SUBJECT };

    for (size_t i = 0; i < YG_ARRAY_LEN(any); i++)
        if (yg_event_has(e, any[i]))
            row[YG_X_TLS_SNI] = yg_event_has(e, YG_F_TLS_SNI);
    if (yg_event_has(e, YG_F_TLS_ISSUER) && yg_event_has(e, YG_F_TLS_SUBJECT))
        row[YG_X_TLS_SELF] = yg_str_eq(yg_event_str(b, e, YG_F_TLS_ISSUER),
                                       yg_event_str(b, e, YG_F_TLS_SUBJECT));
}

static void fill_file(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    /* "javascript" is none of them: every page carries it. */
    static const struct yg_word type[] = {
        W("dos"),       W("elf"),          W("executable"), W("java archive"),
        W("mach-o"),    W("ms-dos"),       W("pe32"),       W("script"),
        W("x-dosexec"), W("x-executable"), W("x-msdos"),    W("x-msdownload"),
        W("x-sh"),
    };
    static const enum yg_field from[] = { YG_F_FILE_MAGIC, YG_F_HTTP_CONTENT_TYPE };

    for (size_t i = 0; i < YG_ARRAY_LEN(from); i++)
        if (yg_event_has(e, from[i]) && !(row[YG_X_FILE_EXEC] > 0))
            row[YG_X_FILE_EXEC] =
                yg_words_any(text_of(b, e, from[i]), type, YG_ARRAY_LEN(type));
}

void yg_traits_fill(const struct yg_batch *b, const struct yg_event *e, float *row)
{
    fill_flow(b, e, row);
    fill_http(b, e, row);
    fill_dns(b, e, row);
    fill_tls(b, e, row);
    fill_file(b, e, row);
}
