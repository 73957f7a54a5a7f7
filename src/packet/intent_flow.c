/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/intent_priv.h"

#include "base/fmath.h"
#include "event/ip.h"
#include "packet/filekind.h"

#define SCAN_MISSES      10  /* things asked for in vain that make a search */
#define TUNNEL_NAMES     8   /* long names of high entropy below one domain */
#define TUNNEL_LABEL     24  /* characters of such a label */
#define TUNNEL_BITS      3.2 /* entropy a character of random base32 or hex; words: < 3 */
#define ICMP_PAYLOAD_MIN 16

static struct yg_intent *note(struct yg_intent_work *w, unsigned kind, uint32_t exchange,
                              struct yg_str text, struct yg_str object)
{
    struct yg_piece p = { .exchange = exchange };

    return yg_intent_note(w, kind, &p, text, object);
}

/* Does the question carry a password? HTTP has no word for it: Basic credentials, or a
 * form with a field of that name. */
static bool http_login(const struct yg_exchange *x)
{
    size_t end = 0;

    if (yg_match_find("%^authorization:%obasic%s", x->head, 0, &end) != YG_NOWHERE)
        return true;
    return yg_str_eq_nocase(x->verb, YG_STR("POST")) && x->body.n < 4096 &&
           (yg_match_find("%bpass%w%q%o=", x->body, 0, &end) != YG_NOWHERE ||
            yg_match_find("%bpwd%q%o=", x->body, 0, &end) != YG_NOWHERE ||
            yg_match_find("%bpass%w\"%o:", x->body, 0, &end) != YG_NOWHERE);
}

/* Programs by content, never by name: names are the server's to choose. */
static bool is_program(const struct yg_exchange *x)
{
    unsigned kind = yg_file_kind_answered(x);

    return kind == YG_FILE_PE || kind == YG_FILE_ELF || kind == YG_FILE_MACHO ||
           kind == YG_FILE_JAVA || kind == YG_FILE_SHORTCUT;
}

static bool is_address(struct yg_str host)
{
    unsigned char ip[YG_IP_SIZE];
    struct yg_str rest = host, name = host;

    if (host.n > 0 && host.p[0] == '[') {
        name = yg_sub(host, 1, host.n);
        name = yg_str_cut(&name, ']');
    } else {
        name = yg_str_cut(&rest, ':');
    }
    return yg_ip_parse(name, ip);
}

/* A client that posts to a bare address without coming from a page: browsers rarely do,
 * programs that report home do. A reason to look, no verdict. */
static bool http_callback(const struct yg_exchange *x, const struct yg_talk *t)
{
    size_t end = 0;

    return is_address(x->host) && !yg_ip_is_internal(t->server) &&
           yg_match_find("%^referer:", x->head, 0, &end) == YG_NOWHERE &&
           (yg_str_eq_nocase(x->verb, YG_STR("POST")) || x->agent.n == 0);
}

static bool is_scanner(struct yg_str agent)
{
    static const char *const scanner[] = {
        "nikto",  "sqlmap",  "nmap scripting", "dirbuster",   "gobuster",
        "wpscan", "nuclei",  "masscan",        "zgrab",       "acunetix",
        "nessus", "openvas", "ffuf",           "feroxbuster", "arachni",
        "wfuzz",  "dirb",    "whatweb",        "netsparker",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(scanner); i++)
        if (yg_str_has_nocase(agent, yg_str_of(scanner[i])))
            return true;
    return false;
}

static void of_exchange(struct yg_intent_work *w, uint32_t i)
{
    const struct yg_exchange *x = &w->talk->exchange[i];
    bool http = x->app == YG_APP_HTTP;

    if ((x->flags & YG_XF_LOGIN) || (http && http_login(x)))
        note(w, YG_INTENT_LOGIN, i, x->target, x->target);
    if (x->flags & (YG_XF_EXEC | YG_XF_ADMIN))
        note(w, YG_INTENT_REMOTE_EXEC, i, x->verb, x->target);
    else if (http && yg_str_has_nocase(x->target, YG_STR("/wsman")))
        note(w, YG_INTENT_REMOTE_EXEC, i, x->target, x->target);
    if ((x->flags & YG_XF_LIST) && !http)
        note(w, YG_INTENT_LISTING, i, x->verb, x->target);
    if (x->answer_body.n > 0 && x->app != YG_APP_DNS && is_program(x))
        note(w, YG_INTENT_FETCH, i, x->target, x->target);
    if (http && http_callback(x, w->talk))
        note(w, YG_INTENT_CALLBACK, i, x->host, x->host);
    if (http && is_scanner(x->agent))
        note(w, YG_INTENT_SCAN, i, x->agent, YG_STR_NONE);
}

static void tls_callback(struct yg_intent_work *w)
{
    const struct yg_hello *h = w->talk->hello;

    if (!h || yg_ip_is_internal(w->talk->server))
        return;
    if (h->self_signed && (h->sni.n == 0 || !yg_str_has_nocase(h->names, h->sni)))
        note(w, YG_INTENT_CALLBACK, 0, h->subject, h->sni);
    else if (h->sni.n == 0 && h->ja3[0] != '\0')
        note(w, YG_INTENT_CALLBACK, 0, YG_STR("no server name"), YG_STR_NONE);
}

static double entropy(struct yg_str s)
{
    uint32_t seen[256] = { 0 };
    double bits = 0;

    for (size_t i = 0; i < s.n; i++)
        seen[(unsigned char)s.p[i]]++;
    for (unsigned c = 0; c < 256; c++)
        if (seen[c] > 0) {
            double share = (double)seen[c] / (double)s.n;
            bits -= share * yg_lb(share);
        }
    return bits;
}

/* Does one label of the name look like data? */
static bool carries_data(struct yg_str name)
{
    while (name.p) {
        struct yg_str label = yg_str_cut(&name, '.');
        if (label.n >= TUNNEL_LABEL && entropy(label) >= TUNNEL_BITS)
            return true;
    }
    return false;
}

/* The last two labels: close enough to who owns a name for counting. */
static struct yg_str domain_of(struct yg_str name)
{
    size_t dots = 0, i = name.n;

    while (i > 0 && dots < 2)
        if (name.p[--i] == '.' && i + 1 < name.n)
            dots++;
    return dots == 2 ? yg_sub(name, i + 1, name.n) : name;
}

static void dns_tunnel(struct yg_intent_work *w)
{
    const struct yg_talk *t = w->talk;
    struct yg_str domain = YG_STR_NONE, last = YG_STR_NONE;
    uint32_t names = 0, first = 0;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_str d = domain_of(x->target);
        if (x->app != YG_APP_DNS || !carries_data(x->target) ||
            yg_str_eq_nocase(x->target, last))
            continue;
        if (names > 0 && !yg_str_eq_nocase(d, domain))
            continue;
        if (names++ == 0) {
            first = i;
            domain = d;
        }
        last = x->target;
    }
    if (names >= TUNNEL_NAMES)
        note(w, YG_INTENT_TUNNEL, first, last, domain);
}

/* An echo whose payload is no pattern: counting or repeating bytes after at most 16 of
 * time stamp are what ping programs send. */
static bool is_pattern(struct yg_str s)
{
    size_t same = 0, step = 0;

    for (size_t i = 17; i < s.n; i++) {
        same += s.p[i] == s.p[i - 1];
        step += (unsigned char)s.p[i] == (unsigned char)(s.p[i - 1] + 1);
    }
    return s.n <= 18 || (same + step) * 10 >= (s.n - 18) * 8;
}

static void icmp_tunnel(struct yg_intent_work *w)
{
    const struct yg_talk *t = w->talk;
    const struct yg_side *s = &t->side[YG_TO_SERVER];
    uint32_t odd = 0;

    if ((t->proto != YG_IP_ICMP || t->client_port != 8) &&
        (t->proto != YG_IP_ICMP6 || t->client_port != 128))
        return;
    for (uint32_t i = 0; i < s->segments; i++) {
        struct yg_str bytes = yg_sub(s->bytes, s->segment[i].at,
                                     (size_t)s->segment[i].at + s->segment[i].len);
        if (bytes.n >= ICMP_PAYLOAD_MIN + 24 && !is_pattern(bytes))
            odd++;
    }
    if (odd >= 3)
        note(w, YG_INTENT_TUNNEL, 0, yg_sub(s->bytes, 0, 64), YG_STR_NONE);
}

static void scan(struct yg_intent_work *w)
{
    const struct yg_talk *t = w->talk;
    uint32_t misses = 0, first = 0;

    for (uint32_t i = 0; i < t->exchanges; i++)
        if (t->exchange[i].answer == YG_ANSWER_MISSING &&
            t->exchange[i].app == YG_APP_HTTP) {
            first = misses++ ? first : i;
        }
    if (misses >= SCAN_MISSES)
        note(w, YG_INTENT_SCAN, first, t->exchange[first].target, YG_STR_NONE);
    else if (t->proto == YG_IP_TCP && t->side[YG_TO_SERVER].syn > 0 &&
             t->side[YG_TO_SERVER].payload == 0 && t->side[YG_TO_CLIENT].payload == 0)
        note(w, YG_INTENT_SCAN, 0, YG_STR_NONE, YG_STR_NONE);
}

void yg_intent_flow(struct yg_intent_work *w)
{
    for (uint32_t i = 0; i < w->talk->exchanges; i++)
        of_exchange(w, i);
    tls_callback(w);
    dns_tunnel(w);
    icmp_tunnel(w);
    scan(w);
}
