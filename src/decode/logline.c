/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of a log record: what syslog puts around it, and what is made of that.
 *
 *      <PRI>1 TIME HOST APP PID MSGID [SD] BODY          RFC 5424
 *      <PRI>TIME HOST APP[PID]: BODY                     RFC 3164; every part may be
 *      TIME HOST APP[PID]: BODY                          missing, as files have no PRI,
 *      <PRI>SEQ: HOST: *TIME: BODY                       devices no host, others a
 *      TIME RELAY <PRI>TIME HOST APP: BODY               sequence number or two headers
 */
#include "decode/log.h"

#define HOST_MAX 255
#define APP_MAX  64

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_end(struct yg_str s)
{
    return s.n == 0 || s.p[0] == ' ' || s.p[0] == '\t';
}

static bool eat_pri(struct yg_str *s, struct yg_logline *l)
{
    size_t n = 1;
    int v = 0;

    if (s->n < 3 || s->p[0] != '<')
        return false;
    for (; n < s->n && n <= 3 && digit(s->p[n]); n++)
        v = v * 10 + (s->p[n] - '0');
    if (n == 1 || n == s->n || s->p[n] != '>' || v > 191)
        return false;
    l->facility = v / 8;
    l->severity = v % 8;
    *s = yg_skip(*s, n + 1);
    return true;
}

/* Behind one element `[id name="value" ..]`; 0: it is none. */
static size_t sd_element(struct yg_str s)
{
    size_t n = 1;

    if (s.n < 3 || s.p[0] != '[')
        return 0;
    while (n < s.n && s.p[n] && !strchr(" ]=\"", s.p[n]))
        n++;
    if (n == 1 || n == s.n || (s.p[n] != ' ' && s.p[n] != ']'))
        return 0;
    while (n < s.n && s.p[n] != ']') {
        if (s.p[n++] != '"')
            continue;
        if (s.p[n - 2] != '=')
            return 0;
        while (n < s.n && s.p[n] != '"')
            n += s.p[n] == '\\' ? 2 : 1;
        n++;
    }
    return n < s.n ? n + 1 : 0;
}

/* Behind the last element of structured data; 0: it is none. */
static size_t sd_end(struct yg_str s)
{
    size_t all = 0, n;

    while ((n = sd_element(yg_skip(s, all))) > 0)
        all += n;
    return all < s.n && s.p[all] == '[' ? 0 : all;
}

static struct yg_str field(struct yg_str *rest)
{
    struct yg_str s = yg_str_cut(rest, ' ');

    if (!rest->p)
        *rest = yg_skip(s, s.n);
    return s.n == 1 && s.p[0] == '-' ? yg_skip(s, 1) : s;
}

/* Behind "<PRI>". `out` is touched only if it is one. */
static bool rfc5424(struct yg_str s, int64_t reference_ns, int offset_min,
                    struct yg_logline *out)
{
    struct yg_logline l = *out;

    if (!yg_eat(&s, "1 "))
        return false;
    if (!yg_eat(&s, "- ")) {
        if (s.n < 5 || s.p[4] != '-' ||
            !yg_log_time(&s, reference_ns, offset_min, &l.time_ns, &l.offset_min) ||
            !yg_eat(&s, " "))
            return false;
        l.timed = true;
    }
    l.host = field(&s);
    struct yg_str behind_host = yg_skip_blanks(s);
    l.app = field(&s);
    l.pid = field(&s);
    l.msgid = field(&s);
    size_t n = sd_end(s);
    if (n > 0) {
        l.sd = (struct yg_str){ s.p, n };
        s = yg_skip_blanks(yg_skip(s, n));
    } else if (is_end(s.n && s.p[0] == '-' ? yg_skip(s, 1) : s)) {
        s = yg_skip_blanks(s.n ? yg_skip(s, 1) : s);
    }
    /* Cisco puts ": %FAC-.." there, others what they had before: no fields of this */
    if (l.app.n > 0 && (l.app.p[0] == '%' || l.app.p[0] == ':' ||
                        l.app.p[l.app.n - 1] == ':' || memchr(l.app.p, '=', l.app.n))) {
        l.app = l.pid = l.msgid = l.sd = YG_STR_NONE;
        s = behind_host;
        if (yg_eat(&s, ":"))
            s = yg_skip_blanks(s);
    }
    (void)yg_eat(&s, "\xef\xbb\xbf");
    l.body = s;
    l.envelope = YG_ENVELOPE_5424;
    *out = l;
    return true;
}

static bool is_host(struct yg_str w)
{
    if (w.n == 0 || w.n > HOST_MAX || w.p[w.n - 1] == ':' || w.p[0] == '-')
        return false;
    for (size_t i = 0; i < w.n; i++)
        if (!digit(w.p[i]) && !letter(w.p[i]) && !strchr("._-:/>", w.p[i]))
            return false; /* '>': Wazuh's archives have "agent->address" */
    return true;
}

struct tag {
    struct yg_str app, pid, behind;
};

/* "name: ", "name[pid]: ", "name[pid] "; `strict`: only with a pid. */
static bool tag_at(struct yg_str s, bool strict, struct tag *out)
{
    size_t n = 0;
    bool named = false;

    while (n < s.n && n < APP_MAX &&
           (digit(s.p[n]) || letter(s.p[n]) || (s.p[n] && strchr("._-/()@", s.p[n]))))
        named |= letter(s.p[n++]);
    if (!named)
        return false;
    *out = (struct tag){ .app = { s.p, n } };
    s = yg_skip(s, n);
    if (yg_str_starts(s, YG_STR("][")))
        s = yg_skip(s, 1); /* "gdm-password][99]: " */
    struct yg_str padded = yg_skip_blanks(s);
    if (s.n > padded.n + 1 && yg_str_starts(padded, YG_STR("[")))
        s = padded; /* fail2ban: a column of names */
    if (yg_eat(&s, "[")) {
        size_t k = 0;
        while (k < s.n && s.p[k] != ']' && s.p[k] != ' ')
            k++;
        if (k == 0 || k == s.n || s.p[k] != ']' || !digit(s.p[0]))
            return false;
        out->pid = (struct yg_str){ s.p, k };
        s = yg_skip(s, k + 1);
        if (!yg_eat(&s, ":") && !is_end(s))
            return false;
    } else if (strict || !yg_eat(&s, ":") || !is_end(s)) {
        return false;
    }
    out->behind = yg_skip_blanks(s);
    return true;
}

static bool take_tag(struct yg_str s, bool strict, struct yg_logline *l)
{
    struct tag t;

    if (!tag_at(s, strict, &t))
        return false;
    /* "fw-1: %ASA-6-302013: .." names the device */
    if (!t.pid.n && t.behind.n && t.behind.p[0] == '%' && !l->host.n) {
        l->host = t.app;
    } else {
        l->app = t.app;
        l->pid = t.pid;
    }
    l->body = t.behind;
    /* Solaris: "[ID 800047 auth.info] " before the text */
    struct yg_str id = l->body, passed;
    if (yg_eat(&id, "[ID ") && yg_until(&id, "] ", &passed))
        l->body = yg_skip_blanks(id);
    return true;
}

/* One lower-case word between host and program: F5 writes the severity there. */
static bool tag_behind_word(struct yg_str s, struct yg_logline *l)
{
    struct yg_str word;
    struct tag t;

    if (!yg_word(&s, &word) || word.n > 10)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < 'a' || word.p[i] > 'z')
            return false;
    s = yg_skip_blanks(s);
    return tag_at(s, true, &t) && take_tag(s, true, l);
}

/* A time, perhaps marked by Cisco: '*' not set by NTP, '.' lost NTP; ':' behind it. */
static bool eat_time(struct yg_str *s, int64_t reference_ns, int offset_min,
                     struct yg_logline *l)
{
    struct yg_str rest = *s;
    int64_t ns;
    int zone;

    if (rest.n > 0 && (rest.p[0] == '*' || rest.p[0] == '.'))
        rest = yg_skip(rest, 1);
    if (!yg_log_time(&rest, reference_ns, offset_min, &ns, &zone) ||
        !(is_end(rest) || rest.p[0] == ':' || rest.p[0] == ','))
        return false;
    l->timed = ns != 0;
    l->time_ns = ns;
    l->offset_min = zone;
    *s = rest;
    return true;
}

/* "000123: ", "host: " or both before the time, as Cisco has it. */
static void eat_sequence(struct yg_str *s, int64_t reference_ns, int offset_min,
                         struct yg_logline *l)
{
    struct yg_logline scratch = { .host = YG_STR_NONE };
    struct yg_str rest = *s, word, host = YG_STR_NONE, behind;

    for (int i = 0; i < 3; i++) {
        behind = yg_skip_blanks(rest);
        if (i > 0 && eat_time(&behind, reference_ns, offset_min, &scratch)) {
            l->host = host;
            *s = yg_skip_blanks(rest);
            return;
        }
        size_t n = 0;
        if (!yg_word(&rest, &word) || word.p[word.n - 1] != ':')
            return;
        while (n < word.n - 1 && digit(word.p[n]))
            n++;
        word.n--;
        if (n < word.n && is_host(word))
            host = word;
        else if (n < word.n || n == 0)
            return;
    }
}

/* Behind the time: host and program, or only one, or neither. */
static void behind_time(struct yg_str s, struct yg_logline *l)
{
    struct yg_str word, rest;

    s = yg_skip_blanks(s);
    l->body = s;
    if (take_tag(s, false, l))
        return;
    rest = s;
    if (!yg_word(&rest, &word) || !is_host(word))
        return;
    rest = yg_skip_blanks(rest);
    if (rest.n == 0)
        return;
    l->host = word;
    l->body = rest;
    /* "host : %ASA-.." */
    if (rest.p[0] == ':' && is_end(yg_skip(rest, 1))) {
        l->body = yg_skip_blanks(yg_skip(rest, 1));
        return;
    }
    if (!take_tag(rest, false, l))
        (void)tag_behind_word(rest, l);
}

/* A relay's header stands before the device's own: the inner one counts. Only what
 * cannot be taken for text is believed to be one. */
static void inner_header(int64_t reference_ns, int offset_min, struct yg_logline *l)
{
    struct yg_logline in = { .facility = l->facility, .severity = l->severity };
    struct yg_str s = l->body;
    bool pri = eat_pri(&s, &in);

    if (l->app.n > 0 || (!pri && !(s.n > 15 && letter(s.p[0]) && s.p[3] == ' ')))
        return;
    in.body = s;
    in.raw = l->raw;
    in.offset_min = l->offset_min;
    in.envelope = YG_ENVELOPE_3164;
    if (pri && rfc5424(s, reference_ns, offset_min, &in)) {
        *l = in;
        return;
    }
    if (!eat_time(&s, reference_ns, offset_min, &in))
        return;
    struct yg_str relay = l->host;
    *l = in;
    behind_time(s, l);
    if (!l->host.n)
        l->host = relay;
}

/* "<134>host app: text", "<134>app: text", "<134>text": no time. */
static void untimed(struct yg_str s, struct yg_logline *l)
{
    struct yg_str word, rest = s;
    struct tag t;

    l->body = s;
    if (take_tag(s, false, l))
        return;
    if (yg_word(&rest, &word) && is_host(word) &&
        tag_at(yg_skip_blanks(rest), false, &t)) {
        l->host = word;
        (void)take_tag(yg_skip_blanks(rest), false, l);
    }
}

static void legacy(struct yg_str s, int64_t reference_ns, int offset_min,
                   struct yg_logline *l)
{
    bool pri = l->facility >= 0;

    s = yg_skip_blanks(s);
    l->body = s;
    if (s.n > 0 && (pri || digit(s.p[0]) || letter(s.p[0])))
        eat_sequence(&s, reference_ns, offset_min, l);
    struct yg_str start = s;
    if (eat_time(&s, reference_ns, offset_min, l)) {
        l->envelope = YG_ENVELOPE_3164;
        if (yg_eat(&s, ":") || yg_eat(&s, ",")) {
            l->body = yg_skip_blanks(s);
            return;
        }
        behind_time(s, l);
        inner_header(reference_ns, offset_min, l);
    } else if (pri) {
        l->envelope = YG_ENVELOPE_3164;
        untimed(start, l);
    } else {
        (void)take_tag(s, true, l);
    }
}

/* The header lines that were put before it (input/stitch.h), taken off. */
static struct yg_str columns_of(struct yg_str *raw)
{
    struct yg_str all = *raw, line;

    while (raw->n > 0 && raw->p[0] == '#' && memchr(raw->p, '\n', raw->n))
        (void)yg_until(raw, "\n", &line);
    return (struct yg_str){ all.p, all.n - raw->n };
}

void yg_logline_of(struct yg_str raw, int64_t reference_ns, int offset_min,
                   struct yg_logline *out)
{
    struct yg_str s = raw;

    (void)yg_eat(&s, "\xef\xbb\xbf");
    struct yg_str columns = columns_of(&s);
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' ||
                       s.p[s.n - 1] == '\0' || s.p[s.n - 1] == ' '))
        s.n--;
    *out = (struct yg_logline){ .raw = s,
                                .body = s,
                                .columns = columns,
                                .facility = -1,
                                .severity = -1,
                                .offset_min = offset_min };
    s = yg_skip_blanks(s);
    if (s.n > 0 && s.p[0] != '{') {
        (void)eat_pri(&s, out);
        if (!rfc5424(s, reference_ns, offset_min, out))
            legacy(s, reference_ns, offset_min, out);
    }
    s = out->body;
    if (yg_eat(&s, "@cee:"))
        out->body = s;
    s = yg_skip_blanks(out->body);
    out->json = s.n > 0 && s.p[0] == '{';
    if (out->json)
        out->body = s;
}
