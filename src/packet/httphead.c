/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/httphead.h"

#include "base/status.h"

#define VERB_MAX 32

/* One line without its end; false: the stream ends before the LF. */
static bool take_line(struct yg_str *rest, struct yg_str *line)
{
    const char *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

    *line = *rest;
    if (lf)
        line->n = (size_t)(lf - rest->p);
    size_t used = line->n + (lf != NULL);
    if (used == 0)
        return false;
    rest->p += used;
    rest->n -= used;
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return lf != NULL;
}

static bool has_control(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* RFC 9110, 5.6.2: tchar. */
static bool is_token(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool is_known_verb(struct yg_str s)
{
    static const char *const verb[] = {
        "GET",
        "POST",
        "HEAD",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "PATCH",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "SEARCH",
        "REPORT",
        "CHECKOUT",
        "CHECKIN",
        "MERGE",
        "MKACTIVITY",
        "ACL",
        "BIND",
        "BCOPY",
        "BMOVE",
        "BPROPFIND",
        "POLL",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "NOTIFY",
        "M-SEARCH",
        "DEBUG",
        "TRACK",
        "PURGE",
        "RPC_IN_DATA",
        "RPC_OUT_DATA",
        "CCM_POST",
        "LINK",
        "UNLINK",
        "VERSION-CONTROL",
        "SSTP_DUPLEX_POST",
        "BITS_POST",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(verb); i++)
        if (s.n > 0 && verb[i][0] == s.p[0] && yg_str_eq(s, yg_str_of(verb[i])))
            return true;
    return false;
}

/* The last " HTTP/" of the line: targets with spaces are sent, and served. */
static size_t find_version(struct yg_str line)
{
    for (size_t i = line.n; i-- > 0;)
        if ((line.p[i] == ' ' || line.p[i] == '\t') && line.n - i > 6 &&
            memcmp(line.p + i + 1, "HTTP/", 5) == 0)
            return i;
    return line.n;
}

/* A target that stands for itself, without a version behind it. */
static bool is_plain_target(struct yg_str s)
{
    return s.n && (s.p[0] == '/' || yg_str_starts(s, YG_STR("http://")) ||
                   yg_str_starts(s, YG_STR("https://")));
}

/* "HTTP/1.1" at `at` of the line, one digit; false: no version stands there. */
static bool read_version(struct yg_str line, size_t at, struct yg_httphead *out)
{
    char major = line.n - at > 6 ? line.p[at + 6] : '?';

    if (major < '0' || major > '9')
        return false;
    out->major = (uint8_t)(major - '0');
    if (out->major != 1 || line.n - at < 9)
        out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
    return true;
}

/* No token, but a whole line that ends in a version: payloads stand where a verb should.
 * The last word is the target. */
static bool read_odd_request(struct yg_str line, size_t version, struct yg_httphead *out)
{
    struct yg_str rest = yg_str_trim((struct yg_str){ line.p, version });
    size_t at = rest.n;

    while (at > 0 && rest.p[at - 1] != ' ')
        at--;
    out->verb = yg_str_trim((struct yg_str){ rest.p, at });
    out->target = (struct yg_str){ rest.p + at, rest.n - at };
    out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
    return out->major == 1 && out->verb.n && out->target.n && !has_control(line);
}

static bool read_request_line(struct yg_str line, bool whole, struct yg_httphead *out)
{
    const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    struct yg_str verb = { line.p, space ? (size_t)(space - line.p) : 0 };
    size_t at = find_version(line);

    if (at < line.n && !read_version(line, at, out))
        return false;
    if (verb.n == 0 || verb.n > VERB_MAX || !is_token(verb))
        return whole && at < line.n && read_odd_request(line, at, out);
    if (at < verb.n)
        return false;
    out->verb = verb;
    out->target = yg_str_trim((struct yg_str){ line.p + verb.n, at - verb.n });
    if (at < line.n)
        return out->target.n > 0;
    return is_known_verb(verb) && is_plain_target(out->target) &&
           (!whole || !memchr(out->target.p, ' ', out->target.n));
}

static bool read_status_line(struct yg_str line, struct yg_httphead *out)
{
    uint64_t status;

    if (line.n < 12 || memcmp(line.p, "HTTP/", 5) != 0 || line.p[5] < '0' ||
        line.p[5] > '1' || line.p[6] != '.')
        return false;
    struct yg_str rest = yg_str_trim((struct yg_str){ line.p + 8, line.n - 8 });
    if (line.p[8] != ' ' || rest.n < 3 || (rest.n > 3 && rest.p[3] != ' ') ||
        !yg_str_u64((struct yg_str){ rest.p, 3 }, &status))
        return false;
    out->major = (uint8_t)(line.p[5] - '0');
    out->status = (int32_t)status;
    return true;
}

static bool read_start(struct yg_str *rest, bool request, struct yg_httphead *out)
{
    struct yg_str line;

    *out = (struct yg_httphead){ .status = -1 };
    bool whole = take_line(rest, &line);
    out->cut = !whole;
    return request ? read_request_line(line, whole, out) : read_status_line(line, out);
}

bool yg_httphead_starts(struct yg_str s, bool request)
{
    struct yg_httphead h;

    return read_start(&s, request, &h);
}

/* Content-Length: a number, or the same number repeated in a list (RFC 9112, 6.3). */
static void take_length(struct yg_httphead *h, struct yg_str value)
{
    do {
        struct yg_str one = yg_str_trim(yg_str_cut(&value, ','));
        uint64_t n;
        if (!yg_str_u64(one, &n)) {
            h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
            continue;
        }
        if (h->has_length && n != h->length)
            h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_SMUGGLE);
        else
            h->length = n;
        h->has_length = true;
    } while (value.p);
}

static void take_transfer(struct yg_httphead *h, struct yg_str value)
{
    struct yg_str last = value;

    do {
        last = yg_str_trim(yg_str_cut(&value, ','));
        if (h->chunked) /* something follows chunked: no two servers agree on it */
            h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_SMUGGLE);
        if (yg_str_eq_nocase(last, YG_STR("chunked")))
            h->chunked = true;
    } while (value.p);
    if (h->chunked || yg_str_eq_nocase(last, YG_STR("identity")))
        return;
    h->coded = true;
    if (yg_str_has_nocase(last, YG_STR("chunk")))
        h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_SMUGGLE);
}

/* Schemes by which a person or machine logs in; a bearer's token was got before. */
static bool is_login(struct yg_str value)
{
    static const char *const scheme[] = { "basic", "digest", "ntlm", "negotiate",
                                          "kerberos" };
    struct yg_str first = yg_str_cut(&value, ' ');

    for (size_t i = 0; i < YG_ARRAY_LEN(scheme); i++)
        if (yg_str_eq_nocase(first, yg_str_of(scheme[i])))
            return true;
    return false;
}

static void take_header(struct yg_httphead *h, struct yg_str name, struct yg_str value)
{
    const struct {
        struct yg_str name;
        struct yg_str *to;
    } text[] = {
        { YG_STR("host"), &h->host },
        { YG_STR("user-agent"), &h->agent },
        { YG_STR("server"), &h->server },
        { YG_STR("content-type"), &h->type },
        { YG_STR("content-disposition"), &h->disposition },
        { YG_STR("content-encoding"), &h->coding },
        { YG_STR("upgrade"), &h->upgrade },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        if (!yg_str_eq_nocase(name, text[i].name))
            continue;
        if (text[i].to == &h->host && h->host.p && !yg_str_eq(h->host, value))
            h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
        if (!text[i].to->p)
            *text[i].to = value;
        return;
    }
    if (yg_str_eq_nocase(name, YG_STR("content-length")))
        take_length(h, value);
    else if (yg_str_eq_nocase(name, YG_STR("transfer-encoding")))
        take_transfer(h, value);
    else if (yg_str_eq_nocase(name, YG_STR("authorization")) ||
             yg_str_eq_nocase(name, YG_STR("proxy-authorization")))
        h->login |= is_login(value);
}

/* One header line with the lines folded under it. */
static void read_header(struct yg_httphead *h, struct yg_str line)
{
    const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    struct yg_str name = { line.p, colon ? (size_t)(colon - line.p) : 0 };
    struct yg_str bare = yg_str_trim(name);

    if (bare.n != name.n || !is_token(bare))
        h->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
    if (bare.n)
        take_header(h, bare,
                    yg_str_trim((struct yg_str){ colon + 1, line.n - name.n - 1 }));
}

bool yg_httphead_read(struct yg_str s, bool request, struct yg_httphead *out)
{
    struct yg_str rest = s, line, below;
    unsigned headers = 0;

    if (!read_start(&rest, request, out))
        return false;
    bool simple = request && out->major == 0 && !out->cut &&
                  find_version((struct yg_str){ s.p, s.n - rest.n }) == s.n - rest.n;
    bool more = !out->cut && !simple;
    while (more && (more = take_line(&rest, &line)) && line.n > 0) {
        if (has_control(line))
            out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
        while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
            out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
            more = take_line(&rest, &below);
            line.n = (size_t)(below.p + below.n - line.p);
        }
        read_header(out, line);
        if (++headers > YG_HTTP_HEADERS_MAX)
            out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_HEADERS);
    }
    out->cut = !more && !simple;
    out->raw = (struct yg_str){ s.p, s.n - rest.n };
    if (out->chunked && out->has_length)
        out->anomalies |= YG_ANOMALY_BIT(YG_A_HTTP_SMUGGLE);
    return true;
}

/* Sure enough to give up everything before it. */
static bool is_sure_start(struct yg_str s, bool request)
{
    struct yg_httphead h;
    struct yg_str rest = s, line;

    if (!read_start(&rest, request, &h) || h.cut || h.major != 1)
        return false;
    if (request &&
        (!is_known_verb(h.verb) || (!is_plain_target(h.target) && h.target.p[0] != '*' &&
                                    !yg_str_eq(h.verb, YG_STR("CONNECT")))))
        return false;
    (void)take_line(&rest, &line);
    return line.n == 0 || memchr(line.p, ':', line.n);
}

/* A verb is upper case and follows nothing that could be part of a word. */
static bool may_be_verb(char c)
{
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* Where a request may start, at or after `from`: a known verb and a space. No line is
 * read for a word of prose. */
static size_t next_verb(struct yg_str s, size_t from)
{
    for (size_t i = from; i < s.n; i++) {
        if (!may_be_verb(s.p[i]))
            continue;
        size_t end = i;
        while (end < s.n && may_be_verb(s.p[end]))
            end++;
        bool word =
            s.p[i] >= 'A' && s.p[i] <= 'Z' && (i == 0 || !may_be_verb(s.p[i - 1]));
        if (word && end < s.n && s.p[end] == ' ' &&
            is_known_verb((struct yg_str){ s.p + i, end - i }))
            return i;
        i = end;
    }
    return s.n;
}

static size_t next_answer(struct yg_str s, size_t from)
{
    static const char start[] = { 'H', 'T', 'T', 'P', '/', '1', '.' };
    const char *p =
        from < s.n ? memmem(s.p + from, s.n - from, start, sizeof(start)) : NULL;

    return p && s.p + s.n - p > 12 ? (size_t)(p - s.p) : s.n;
}

size_t yg_httphead_find(struct yg_str s, size_t from, bool request)
{
    for (size_t i = from; i < s.n; i++) {
        i = request ? next_verb(s, i) : next_answer(s, i);
        if (i < s.n && is_sure_start((struct yg_str){ s.p + i, s.n - i }, request))
            return i;
    }
    return s.n;
}
