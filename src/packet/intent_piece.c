/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/intent_priv.h"

#include "packet/filekind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BEFORE_MAX 120U /* of a value, before what was found in it */
#define OBJECT_MAX 400U

bool yg_intent_sum(struct yg_str s, size_t from, size_t *end, char out[24])
{
    static const char *const sum[] = { "%d%o*%o%d", "%d%o*%o%c%d", "%d%o-%o%d" };
    size_t at = YG_NOWHERE, n = 0;
    uint64_t a = 0, b = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(sum) && at == YG_NOWHERE; i++)
        at = yg_match_find(sum[i], s, from, end);
    if (at == YG_NOWHERE) {
        /* '+' is a blank to the matcher */
        for (at = from; at < s.n && !yg_match_at("%d%s%d", s, at, end); at++) {
        }
        if (at >= s.n || !memchr(s.p + at, '+', *end - at))
            return false;
    }
    for (n = at; yg_is_digit(s.p[n]); n++) {
    }
    if (!yg_str_u64(yg_sub(s, at, n), &a) || a > UINT32_MAX)
        return false;
    struct yg_str op = yg_sub(s, n, *end);
    for (n = *end; n > at && yg_is_digit(s.p[n - 1]); n--) {
    }
    if (!yg_str_u64(yg_sub(s, n, *end), &b) || b > UINT32_MAX)
        return false;
    bool times = memchr(op.p, '*', op.n) != NULL;
    bool minus = !times && memchr(op.p, '-', op.n) != NULL;
    int64_t value = minus ? (int64_t)a - (int64_t)b : (int64_t)a + (int64_t)b;
    if (times)
        (void)snprintf(out, 24, "%" PRIu64, a * b);
    else
        (void)snprintf(out, 24, "%" PRId64, value);
    return true;
}

void yg_intent_lookups(struct yg_intent_work *w, const struct yg_piece *p)
{
    struct yg_lookup_found f;

    for (size_t at = 0; yg_lookup_next(p->text, &at, w->arena, &f);) {
        struct yg_str rest = f.plain;
        struct yg_str prefix = yg_str_cut(&rest, ':');
        bool jndi = yg_str_eq_nocase(prefix, YG_STR("jndi"));
        struct yg_intent *i =
            yg_intent_note(w, jndi ? YG_INTENT_LOOKUP : YG_INTENT_TEMPLATE, p, f.text,
                           jndi ? rest : YG_STR_NONE);
        if (i && f.disguises > i->layers)
            i->layers += f.disguises;
        yg_intent_point(i, rest, true);
    }
}

/* The next place from `at` on that is marked so; without marks all are. */
static size_t marked(const struct yg_intent_work *w, const struct yg_piece *p, size_t at,
                     enum yg_intent_mark mark)
{
    return w->marks ? yg_match_marked(w->marks, p->text.n, at, (uint8_t)mark) : at;
}

/* Where a piece is worth a look, for all who look at it. */
static void mark(struct yg_intent_work *w, const struct yg_piece *p)
{
    if (p->text.n > w->room) {
        free(w->marks);
        w->marks = malloc(p->text.n);
        w->room = w->marks ? p->text.n : 0;
    }
    if (w->marks)
        yg_match_mark(&w->rules->gate, p->text, w->marks);
}

static void hits(struct yg_intent_work *w, const struct yg_piece *p,
                 const struct yg_matcher *m, enum yg_intent_mark mark)
{
    struct yg_hit h = { .marks = w->marks, .bit = (uint8_t)mark };

    while (yg_match_next(m, p->text, &h)) {
        struct yg_str object = YG_STR_NONE, rest = yg_sub(p->text, h.at, p->text.n);
        if (!(h.rule->where & p->where))
            continue;
        if (h.rule->extra == YG_TAKE_REST)
            object = rest;
        else if (h.rule->extra == YG_TAKE_VALUE)
            object =
                yg_sub(p->text, h.at > BEFORE_MAX ? h.at - BEFORE_MAX : 0, p->text.n);
        else if (h.rule->extra == YG_TAKE_HIT)
            object = yg_sub(p->text, h.at, h.end);
        struct yg_intent *i =
            yg_intent_note(w, h.rule->tag, p, rest, yg_sub(object, 0, OBJECT_MAX));
        if (h.rule->extra == YG_TAKE_URL) {
            size_t end = 0, url = yg_match_find("%w:%p", p->text, h.at, &end);
            if (url != YG_NOWHERE) {
                yg_intent_point(i, yg_sub(p->text, url, p->text.n), false);
                if (i && i->object.n == 0)
                    i->object = yg_sub(p->text, url, url + 200);
            }
        }
    }
}

static int by_word(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

/* Programs that attackers name. The weak ones are words of everyday, too. Sorted. */
static bool is_program(const char *word, bool weak_too)
{
    static const char *const strong[] = {
        "bash",     "bitsadmin", "busybox",    "cat",         "certutil",   "chmod",
        "cmd",      "curl",      "dig",        "expr",        "fetch",      "getent",
        "id",       "ifconfig",  "ipconfig",   "lsb_release", "lynx",       "mshta",
        "nc",       "ncat",      "netcat",     "netstat",     "nslookup",   "perl",
        "php",      "ping",      "powershell", "printenv",    "printf",     "ps",
        "pwd",      "python",    "python2",    "python3",     "regsvr32",   "ruby",
        "rundll32", "sh",        "sleep",      "sudo",        "systeminfo", "tasklist",
        "tftp",     "touch",     "uname",      "wget",        "whoami",     "wmic",
    };
    static const char *const weak[] = {
        "arp",   "awk",     "cp",   "date", "dir",    "echo",    "env",
        "false", "find",    "ftp",  "grep", "head",   "host",    "hostname",
        "ip",    "kill",    "less", "ls",   "more",   "mv",      "net",
        "nl",    "phpinfo", "reg",  "rm",   "route",  "sed",     "set",
        "ssh",   "start",   "tac",  "tail", "telnet", "timeout", "true",
        "type",  "uptime",  "ver",  "vol",  "which",  "who",
    };

    return bsearch(word, strong, YG_ARRAY_LEN(strong), sizeof(strong[0]), by_word) ||
           (weak_too &&
            bsearch(word, weak, YG_ARRAY_LEN(weak), sizeof(weak[0]), by_word));
}

/* Skip blanks, and what a shell takes for blanks or nothing. */
static size_t skip_blank(struct yg_str s, size_t at)
{
    for (;;) {
        size_t end = at;
        if (yg_match_at("${ifs%a}", s, at, &end) || yg_match_at("$ifs$%d", s, at, &end) ||
            yg_match_at("$ifs", s, at, &end) || yg_match_at("%s", s, at, &end) ||
            yg_match_at("(", s, at, &end) || yg_match_at("{", s, at, &end))
            at = end;
        else
            return at;
    }
}

/* Does a command begin at `at`? Quotes, backslashes and carets inside a word are taken
 * off as the shell would, a path in front is passed over. */
bool yg_command_at(struct yg_str s, size_t at, bool weak_too, struct yg_str *command)
{
    char word[24];
    size_t n = 0;

    at = skip_blank(s, at);
    size_t from = at;
    for (; at < s.n && n + 1 < sizeof(word); at++) {
        char c = s.p[at];
        if (c == '/')
            n = 0;
        else if (yg_is_word(c) || c == '.')
            word[n++] = (char)(yg_is_alpha(c) ? c | 0x20 : c);
        else if (!memchr("'\"\\^", c, 4))
            break;
    }
    if (n > 4 && memcmp(word + n - 4, ".exe", 4) == 0)
        n -= 4;
    word[n] = '\0';
    if ((at < s.n && memchr("=:-", s.p[at], 3)) || !is_program(word, weak_too))
        return false;
    size_t end = at;
    while (end < s.n && end < from + 200 && !memchr(";|&\n`", s.p[end], 5))
        end++;
    *command = yg_sub(s, from, end);
    return true;
}

/* What a command talks to: a URL, /dev/tcp/host/port, or the word that looks like one. */
static void point_command(struct yg_intent *i, struct yg_str s)
{
    size_t end = 0, url = yg_match_find("%w://", s, 0, &end);
    struct yg_str rest = s;

    if (!i || i->host.n > 0)
        return;
    if (url != YG_NOWHERE) {
        yg_intent_point(i, yg_sub(s, url, s.n), false);
        return;
    }
    size_t dev = yg_match_find("/dev/tcp/", s, 0, &end);
    if (dev == YG_NOWHERE)
        dev = yg_match_find("/dev/udp/", s, 0, &end);
    if (dev != YG_NOWHERE) {
        rest = yg_sub(s, end, s.n);
        i->host = yg_str_cut(&rest, '/');
        size_t n = 0;
        while (n < rest.n && yg_is_digit(rest.p[n]))
            n++;
        uint64_t port = 0;
        if (yg_str_u64(yg_sub(rest, 0, n), &port) && port < 65536)
            i->port = (uint16_t)port;
        return;
    }
    bool talks = yg_match_find("%bping", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bn%wlookup%b", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bnslookup%b", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bcurl%b", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bwget%b", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bnc%b", s, 0, &end) != YG_NOWHERE ||
                 yg_match_find("%bdig%b", s, 0, &end) != YG_NOWHERE;
    (void)yg_str_cut(&rest, ' ');
    while (talks && rest.p) {
        struct yg_str word = yg_str_cut(&rest, ' ');
        if (yg_match_at("%n.%n", word, 0, &end) || yg_match_at("%d.%d.", word, 0, &end) ||
            (yg_match_at("%n", word, 0, &end) && end == word.n &&
             memchr(word.p, '.', word.n))) {
            yg_intent_point(i, word, false);
            if (i->host.n == 0 && yg_match_at("%n", word, 0, &end))
                i->host = yg_sub(word, 0, end);
            return;
        }
    }
}

static bool parts_commands(char c)
{
    return c == ';' || c == '|' || c == '&' || c == '`' || c == '\n';
}

static void commands(struct yg_intent_work *w, const struct yg_piece *p)
{
    struct yg_str s = p->text, command;
    bool weak_too = (p->where & (YG_IN_PARAM | YG_IN_STREAM)) != 0;

    for (size_t i = 0; (i = marked(w, p, i, YG_MARK_SHELL)) < s.n; i++) {
        bool opens = s.p[i] == '$' && i + 1 < s.n && s.p[i + 1] == '(';
        if (!opens && !parts_commands(s.p[i]))
            continue;
        i += opens; /* to the bracket */
        if (yg_command_at(s, i + 1, weak_too, &command))
            point_command(
                yg_intent_note(w, YG_INTENT_COMMAND, p, yg_sub(s, i, s.n), command),
                command);
    }
}

static bool is_shell_name(struct yg_str name)
{
    static const char *const shell[] = { "cmd", "command", "exec", "execute", "shell",
                                         "run", "cmdline", "c",    "x",       "code" };

    for (size_t i = 0; i < YG_ARRAY_LEN(shell); i++)
        if (yg_str_eq_nocase(name, yg_str_of(shell[i])))
            return true;
    return false;
}

/* A value that is a command from its first byte: for a shell that was put there. */
static void web_shell(struct yg_intent_work *w, const struct yg_piece *p)
{
    struct yg_str command;
    bool named = is_shell_name(p->name);

    if (!(p->where & YG_IN_PARAM) || !yg_command_at(p->text, 0, named, &command))
        return;
    /* "cat" and "ping" are words: without a telling name, an option or path must follow
     */
    size_t end = (size_t)(command.p - p->text.p) + command.n;
    bool chained = end < p->text.n && memchr(";|&`", p->text.p[end], 4);
    if (!named && !chained && yg_find(command, YG_STR(" /"), 0) == YG_NOWHERE &&
        yg_find(command, YG_STR(" -"), 0) == YG_NOWHERE)
        return;
    point_command(yg_intent_note(w, named ? YG_INTENT_SHELL : YG_INTENT_COMMAND, p,
                                 p->text, command),
                  command);
}

/* A whole value that is a URL of somewhere else, or of an inner address. */
static void include(struct yg_intent_work *w, const struct yg_piece *p)
{
    struct yg_url u;
    struct yg_str s = yg_str_trim(p->text);

    if (!(p->where & YG_IN_PARAM))
        return;
    if (s.n > 2 && memcmp(s.p, "\\\\", 2) == 0) {
        struct yg_str rest = yg_sub(s, 2, s.n);
        struct yg_intent *i = yg_intent_note(w, YG_INTENT_INCLUDE, p, s, s);
        if (i && i->host.n == 0)
            i->host = yg_str_cut(&rest, '\\');
        return;
    }
    if (!yg_url_split(s, false, &u) || !memchr(s.p, '/', s.n))
        return;
    struct yg_str own = p->host;
    own = yg_str_cut(&own, ':');
    if (yg_str_eq_nocase(own, u.host))
        return;
    yg_intent_point(yg_intent_note(w, YG_INTENT_INCLUDE, p, s, s), s, false);
}

/* {{7*7}}, ${7*7}, #{7*7}, <%= 7*7 %>: a sum in the brackets of a template. */
static void template(struct yg_intent_work *w, const struct yg_piece *p)
{
    struct yg_str s = p->text;
    char value[24];

    for (size_t i = 0; (i = marked(w, p, i, YG_MARK_TEMPLATE)) + 4 < s.n; i++) {
        size_t end = 0, open = i + 1;
        bool bracket = s.p[i] == '{' || (s.p[i] == '%' && s.p[i + 1] == '=') ||
                       (s.p[i] == '@' && s.p[i + 1] == '(');
        if (!bracket)
            continue;
        while (open < s.n && memchr("{=%( '\"", s.p[open], 7))
            open++;
        if (!yg_match_at("%d", s, open, &end))
            continue;
        struct yg_str in = yg_sub(s, open, open + 24);
        if (!yg_intent_sum(in, 0, &end, value))
            continue;
        /* {{7*'7'}} repeats the text in some engines: 49 or 7777777 are both its value;
         * the number is what is looked for */
        yg_intent_note(w, YG_INTENT_TEMPLATE, p, yg_sub(s, i > 0 ? i - 1 : i, s.n),
                       yg_arena_str(w->arena, yg_str_of(value)));
        return;
    }
}

static void upload(struct yg_intent_work *w, const struct yg_piece *p)
{
    const struct yg_exchange *x = &w->talk->exchange[p->exchange];
    size_t end = 0, at = 0;

    if (!(p->where & YG_IN_BODY))
        return;
    bool put = yg_str_eq_nocase(x->verb, YG_STR("PUT"));
    bool named = yg_match_find("filename%o=", x->body, 0, &end) != YG_NOWHERE;
    struct yg_str content = x->body, name = x->target;
    if (!put && !named)
        return;
    if (named) {
        name = yg_sub(x->body, end, end + 200);
        name = yg_str_trim(yg_str_cut(&name, '\n'));
        at = yg_find(x->body, YG_STR("\r\n\r\n"), end);
        content = yg_sub(x->body, at == YG_NOWHERE ? x->body.n : at + 4, x->body.n);
    }
    struct yg_file_look look = yg_file_glance(content, YG_STR_NONE, name);
    bool script = yg_match_find("<?php", content, 0, &end) != YG_NOWHERE ||
                  yg_match_find("<?=", content, 0, &end) != YG_NOWHERE ||
                  yg_match_find("<%%", content, 0, &end) != YG_NOWHERE;
    bool runs = yg_match_find(".php", name, 0, &end) != YG_NOWHERE ||
                yg_match_find(".jsp", name, 0, &end) != YG_NOWHERE ||
                yg_match_find(".as", name, 0, &end) != YG_NOWHERE ||
                yg_match_find(".phtml", name, 0, &end) != YG_NOWHERE ||
                yg_match_find(".war", name, 0, &end) != YG_NOWHERE;
    if (look.executable || script || runs)
        yg_intent_note(w, YG_INTENT_UPLOAD, p, yg_sub(content, 0, 200), name);
}

void yg_intent_web(struct yg_intent_work *w, const struct yg_piece *p)
{
    if (!w->rules) {
        yg_intent_web_init(w->own);
        w->rules = w->own;
    }
    mark(w, p);
    if (marked(w, p, 0, YG_MARK_LOOKUP) < p->text.n)
        yg_intent_lookups(w, p);
    hits(w, p, &w->rules->file, YG_MARK_FILE);
    web_shell(w, p);
    commands(w, p);
    hits(w, p, &w->rules->command, YG_MARK_COMMAND);
    hits(w, p, &w->rules->sql, YG_MARK_SQL);
    hits(w, p, &w->rules->script, YG_MARK_SCRIPT);
    hits(w, p, &w->rules->other, YG_MARK_OTHER);
    include(w, p);
    template(w, p);
    if (w->talk->exchanges > 0)
        upload(w, p);
}
