/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#include "packet/intent_priv.h"

/* What a command prints, by groups of commands: `id` is not answered by a listing. */
enum group {
    G_ID = 1,
    G_UNAME = 2,
    G_NET = 4,
    G_LIST = 8,
    G_FILE = 16,
    G_PROC = 32,
    G_SYS = 64,
    G_STAT = 128,
    G_PING = 256,
    G_PHP = 512,
    G_ENV = 1024,
    G_NAME = 2048,
    G_ANY = 4095,
};

/* clang-format off */
static const struct {
    const char *word; /* in the command */
    uint16_t group;
} command_group[] = {
    { "%bid%b", G_ID }, { "%bwhoami%b", G_ID }, { "%bgroups%b", G_ID },
    { "%buname%b", G_UNAME }, { "%bver%b", G_SYS }, { "%bsysteminfo%b", G_SYS },
    { "%bhostname%b", G_ANY }, { "%bifconfig%b", G_NET }, { "%bipconfig%b", G_NET },
    { "%bip%sa", G_NET }, { "%bnet%suser", G_SYS }, { "%bnetstat%b", G_STAT },
    { "%bls%b", G_LIST }, { "%bdir%b", G_LIST }, { "%bcat%b", G_FILE }, { "%btype%s", G_FILE },
    { "%bhead%s", G_FILE }, { "%btail%s", G_FILE }, { "%bmore%s", G_FILE }, { "%btac%s", G_FILE },
    { "%bnl%s", G_FILE }, { "%bless%s", G_FILE }, { "%bgrep%s", G_FILE }, { "%bawk%s", G_FILE },
    { "%bgetent%s", G_FILE }, { "%bps%b", G_PROC }, { "%btasklist%b", G_PROC }, { "%bping%s", G_PING },
    { "phpinfo", G_PHP }, { "%benv%b", G_ENV }, { "%bprintenv%b", G_ENV }, { "%bset%b", G_ENV },
    { "%bnslookup%s", G_NAME },
};

static const struct yg_match_rule output_rule[] = {
    { "uid=%d(%n)%sgid=%d(",              0, 0, G_ID },
    { "%bnt authority\\%w",               0, 0, G_ID },
    { "%biis apppool\\%n",                0, 0, G_ID },
    { "%^www-data%$",                     0, 0, G_ID },
    { ">www-data%s",                      0, 0, G_ID },
    { "%blinux %n %d.%n%a%d:%d:%d",       0, 0, G_UNAME },
    { "%blinux %n %d.%n%agnu/linux",      0, 0, G_UNAME },
    { "%bdarwin %n %d.%n%akernel",        0, 0, G_UNAME },
    { "inet%s%d.%d.%d.%d%a%bnetmask",     0, 0, G_NET },
    { "inet%s%d.%d.%d.%d/%d",             0, 0, G_NET },
    { "inet addr:%d.%d.%d.%d",            0, 0, G_NET },
    { "windows ip configuration",         0, 0, G_NET },
    { "ipv4 address%a: %d.%d.",           0, 0, G_NET },
    { "link/ether %x:%x:%x:",             0, 0, G_NET },
    { "volume serial number",             0, 0, G_LIST },
    { "%bdirectory of %w:\\",             0, 0, G_LIST },
    { "drwx%w-%a%d%s%n%s%n%s%d",          0, 0, G_LIST },
    { "drwx%w%s%d%s%n%s%n%s%d",           0, 0, G_LIST },
    { "-rw-%a%d%s%n%s%n%s%d",             0, 0, G_LIST },
    { "%^total %d%$",                     0, 0, G_LIST },
    { "%bos name:%awindows",              0, 0, G_SYS },
    { "microsoft windows [version %d.",   0, 0, G_SYS },
    { "user accounts for \\\\",           0, 0, G_SYS },
    { "active internet connections",      0, 0, G_STAT },
    { "active connections%a",             0, 0, G_STAT },
    { "%bproto%a%blocal address",         0, 0, G_STAT },
    { "%buid%s%apid%s%appid",             0, 0, G_PROC },
    { "%bpid%stty%s",                     0, 0, G_PROC },
    { "image name%a%bpid%b",              0, 0, G_PROC },
    { "%d bytes from %d.%d.",             0, 0, G_PING },
    { "%bping statistics%b",              0, 0, G_PING },
    { "reply from %d.%d.%d.%d:",          0, 0, G_PING },
    { "<title>%aphpinfo()",               0, 0, G_PHP },
    { "php version%a%d.%d.%d",            0, 0, G_PHP },
    { "%^path=/%n",                       0, 0, G_ENV },
    { "%^comspec=%w:",                    0, 0, G_ENV },
    { "non-authoritative answer",         0, 0, G_NAME },
    { "root:%a:0:0:%a:/",                 0, 0, G_FILE },
    { "daemon:%a:%d:%d:%a:/",             0, 0, G_FILE },
    { "for 16-bit app support",           0, 0, G_FILE },
};

/* Files by what is in them; `asked`: what must be in the question to expect it. */
static const struct {
    const char *asked, *pattern;
} file_sign[] = {
    { "passwd",          "root:%a:0:0:%a:/" },
    { "passwd",          "daemon:%a:%d:%d:%a:/" },
    { "passwd",          "nobody:%a:%d:%d:%a:/" },
    { "shadow",          "root:%a:%d:%d:%d:" },
    { "shadow",          "daemon:%a:%d:%d:%d:" },
    { "group",           "%broot:%a:0:%$" },
    { "group",           "daemon:%a:%d:%$" },
    { "hosts",           "127.0.0.1%slocalhost" },
    { "win.ini",         "for 16-bit app support" },
    { "win.ini",         "[extensions]" },
    { "win.ini",         "[fonts]" },
    { "system.ini",      "for 16-bit app support" },
    { "boot.ini",        "[boot loader]" },
    { "boot.ini",        "multi(%d)disk(%d)" },
    { "issue",           "\\n \\l" },
    { "release",         "pretty_name=" },
    { "version",         "linux version %d.%d" },
    { "environ",         "document_root=" },
    { "environ",         "path=/%a:/" },
    { "environ",         "http_user_agent=" },
    { "cmdline",         "boot_image=" },
    { "cpuinfo",         "model name%s:" },
    { "fstab",           "%s/%s%aext%d" },
    { "crontab",         "run-parts --report" },
    { "bashrc",          "bashrc: executed by bash" },
    { "history",         "%^cd %p%a%$" },
    { "id_%wsa",         "-----begin %aprivate key" },
    { ".ssh",            "-----begin %aprivate key" },
    { ".pem",            "-----begin %aprivate key" },
    { "authorized_keys", "ssh-%n aaaa" },
    { "php",             "<?php%s" },
    { "php",             "<?php//" },
    { "wp-config",       "define(%o%cdb_password" },
    { "config",          "db_password" },
    { "web-inf",         "<web-app" },
    { "web-inf",         "<servlet-mapping>" },
    { "web.xml",         "<web-app" },
    { "meta-inf",        "manifest-version:" },
    { "web.config",      "<system.web" },
    { "log",             "%d.%d.%d.%d - - [%d/%w/%d" },
    { "htpasswd",        "%^%n:$apr1$" },
    { "htpasswd",        "%^%n:{sha}" },
    { "htaccess",        "rewriteengine on" },
    { ".git",            "repositoryformatversion" },
    { ".git",            "%^ref: refs/heads/" },
    { ".svn",            "%^%d%$" },
    { ".env",            "%^app_key=" },
    { ".env",            "%^db_password=" },
    { ".env",            "%^%w_secret%a=" },
    { ".aws",            "aws_secret_access_key" },
    { "169.254",         "accesskeyid" },
    { "169.254",         "%^ami-id%$" },
    { "server-status",   "apache server status for" },
    { "actuator",        "\"activeprofiles\"" },
    { "actuator",        "\"_links\"" },
    { "phpinfo",         "php version%a%d.%d.%d" },
    { "backup",          "create table %q%w" },
    { ".sql",            "insert into %q%w" },
    { "etc",             "root:%a:0:0:%a:/" },
    { "file://",         "root:%a:0:0:%a:/" },
};

static const struct yg_match_rule listing_rule[] = {
    { "<title>index of /",                0, 0, 0 },
    { "<title>directory listing",         0, 0, 0 },
    { "[to parent directory]",            0, 0, 0 },
    { ">parent directory<",               0, 0, 0 },
    { "<h1>index of /",                   0, 0, 0 },
};
/* clang-format on */

/* Matches that are looked at closely: who writes the answer must not choose the work. */
#define TRIES_MAX 32U
_Static_assert(YG_ARRAY_LEN(output_rule) <= YG_MATCH_RULES,
               "a matcher's rules are a word");

bool yg_judge_echo(const struct yg_asked *a, struct yg_str what)
{
    return yg_find(a->asked, what, 0) != YG_NOWHERE ||
           yg_find(a->intent->text, what, 0) != YG_NOWHERE;
}

/* The line around a hit: what a person wants to see. */
static struct yg_str line_of(struct yg_str s, size_t at, size_t end)
{
    while (end < s.n && end < at + 120 && s.p[end] != '\n' && s.p[end] != '\r' &&
           s.p[end] != '<')
        end++;
    return yg_sub(s, at, end);
}

/* Was the same text there when nothing of the kind was asked? Then it is the page's. */
static bool there_anyway(const struct yg_judging *j, const struct yg_asked *a,
                         struct yg_str what)
{
    const struct yg_talk *t = j->talk[j->main];

    for (uint32_t i = 0; i < t->exchanges && i < 32; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        bool asks = false;
        for (uint8_t k = 0; k < j->out->intents; k++)
            asks |= j->out->intent[k].exchange == i;
        if (x != a->x && !asks && yg_find(x->answer_body, what, 0) != YG_NOWHERE)
            return true;
    }
    return false;
}

static bool grant(struct yg_judging *j, const struct yg_asked *a, unsigned kind,
                  struct yg_str shows)
{
    struct yg_mark_at at = yg_judge_answer_of(j, a->x);

    if (shows.n == 0 || yg_judge_echo(a, yg_sub(shows, 0, 24)) ||
        there_anyway(j, a, yg_sub(shows, 0, 40)))
        return false;
    yg_judge_mark(j, kind, &at, shows);
    return true;
}

static bool grant_pattern(struct yg_judging *j, const struct yg_asked *a, unsigned kind,
                          const char *pattern)
{
    const struct yg_str text[] = { a->answer, a->peeled };
    size_t end = 0;

    for (size_t i = 0; i < 2; i++) {
        size_t at = yg_match_find(pattern, text[i], 0, &end);
        if (at != YG_NOWHERE)
            return grant(j, a, kind, line_of(text[i], at, end));
        if (a->answer.p == a->peeled.p)
            break;
    }
    return false;
}

/* The whole answer is there to be read, and it is text. */
static bool is_readable(const struct yg_asked *a)
{
    struct yg_str s = yg_sub(a->answer, 0, 512);
    size_t odd = 0;

    for (size_t i = 0; i < s.n; i++)
        odd += (unsigned char)s.p[i] < 0x20 && !memchr("\t\r\n\f", s.p[i], 4);
    return s.n > 0 && odd == 0 && a->x->answer == YG_ANSWER_OK &&
           !(a->x->flags & YG_XF_CUT) && a->x->answer_size <= a->answer.n;
}

bool yg_judge_blind_too(const struct yg_judging *j, const struct yg_asked *a)
{
    for (uint8_t i = 0; i < j->out->intents; i++) {
        const struct yg_intent *in = &j->out->intent[i];
        if (in->exchange == a->intent->exchange && in->kind != YG_INTENT_FILE_READ &&
            in->kind != YG_INTENT_SCRIPT && in->kind != YG_INTENT_LISTING &&
            in->kind != YG_INTENT_SCAN)
            return true;
    }
    return false;
}

void yg_judge_file(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_matcher m;
    struct yg_hit h = { .rule = NULL };
    const struct yg_str where[] = { a->intent->object, a->intent->text };
    bool known = false;
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(file_sign); i++) {
        bool expected =
            yg_match_find(file_sign[i].asked, where[0], 0, &end) != YG_NOWHERE ||
            yg_match_find(file_sign[i].asked, where[1], 0, &end) != YG_NOWHERE;
        known |= expected;
        if (expected && grant_pattern(j, a, YG_M_FILE_CONTENT, file_sign[i].pattern))
            return;
    }
    yg_matcher_init(&m, listing_rule, YG_ARRAY_LEN(listing_rule));
    if (yg_match_next(&m, a->answer, &h))
        grant(j, a, YG_M_DIRECTORY_LISTING, line_of(a->answer, h.at, h.end));
    else if (known && a->intent->kind == YG_INTENT_FILE_READ && is_readable(a) &&
             !yg_judge_blind_too(j, a)) {
        struct yg_mark_at at = yg_judge_answer_of(j, a->x);
        yg_judge_mark(j, YG_M_ABSENT, &at, yg_sub(a->answer, 0, 80));
    }
}

static uint32_t groups_of(struct yg_str command)
{
    uint32_t group = 0;
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(command_group); i++)
        if (yg_match_find(command_group[i].word, command, 0, &end) != YG_NOWHERE)
            group |= command_group[i].group;
    return group ? group : G_ANY;
}

/* `echo X`: X stands in the answer without the words that asked for it. */
static bool echoed(struct yg_judging *j, const struct yg_asked *a, struct yg_str command)
{
    size_t end = 0, at = yg_match_find("%becho%s%q", command, 0, &end);

    if (at == YG_NOWHERE)
        return false;
    size_t to = end;
    while (to < command.n && (yg_is_word(command.p[to]) || command.p[to] == '-'))
        to++;
    struct yg_str word = yg_sub(command, end, to);
    if (word.n < 6)
        return false;
    for (size_t i = 0; (i = yg_find(a->peeled, word, i)) != YG_NOWHERE; i += word.n) {
        struct yg_str before = yg_sub(a->peeled, i > 12 ? i - 12 : 0, i);
        if (!yg_str_has_nocase(before, YG_STR("echo"))) {
            struct yg_mark_at where = yg_judge_answer_of(j, a->x);
            yg_judge_mark(j, YG_M_COMMAND_OUTPUT, &where,
                          line_of(a->peeled, i, i + word.n));
            return true;
        }
    }
    return false;
}

/* The value of a sum or digest that only the server could have worked out. */
static bool evaluated(struct yg_judging *j, const struct yg_asked *a, struct yg_str value)
{
    for (size_t i = 0; (i = yg_find(a->peeled, value, i)) != YG_NOWHERE; i += value.n) {
        bool alone =
            (i == 0 || !yg_is_word(a->peeled.p[i - 1])) &&
            (i + value.n >= a->peeled.n || !yg_is_word(a->peeled.p[i + value.n]));
        if (alone)
            return grant(j, a, YG_M_EVALUATED, value);
    }
    return false;
}

static bool computed(struct yg_judging *j, const struct yg_asked *a, struct yg_str text)
{
    static const char *const opens[] = { "%bexpr%s", "$((", "%becho%s%d", "%bprint%a" };
    char value[24];
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(opens); i++) {
        size_t at = yg_match_find(opens[i], text, 0, &end);
        if (at == YG_NOWHERE ||
            !yg_intent_sum(yg_sub(text, at, at + 64), 0, &end, value) ||
            strlen(value) < 4)
            continue;
        if (evaluated(j, a, yg_arena_str(j->arena, yg_str_of(value))))
            return true;
    }
    return false;
}

/* A bare account name is all that whoami prints: the whole answer, or a line. */
static bool account(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_str s = yg_str_trim(a->peeled);
    size_t end = 0;

    if (s.n > 64)
        return false;
    bool windows = yg_match_at("%n\\%n", s, 0, &end) && end == s.n;
    bool unix_name = yg_match_at("%n", s, 0, &end) && end == s.n && yg_is_alpha(s.p[0]) &&
                     a->x->answer == YG_ANSWER_OK;
    return (windows || unix_name) && grant(j, a, YG_M_COMMAND_OUTPUT, s);
}

void yg_judge_command(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_str command = a->intent->object.n ? a->intent->object : a->intent->text;
    uint32_t group = groups_of(command);
    struct yg_matcher m;
    unsigned tries = 0;
    size_t end = 0;

    yg_matcher_init(&m, output_rule, YG_ARRAY_LEN(output_rule));
    for (unsigned i = 0; i < 2; i++) {
        struct yg_str s = i ? a->peeled : a->answer;
        struct yg_hit h = { .rule = NULL };
        while (tries < TRIES_MAX && yg_match_next(&m, s, &h))
            if ((h.rule->where & group) && ++tries &&
                grant(j, a, YG_M_COMMAND_OUTPUT, line_of(s, h.at, h.end)))
                return;
    }
    if (echoed(j, a, command) || computed(j, a, command) || yg_judge_delay(j, a))
        return;
    if (yg_match_find("%bwhoami%b", command, 0, &end) != YG_NOWHERE)
        account(j, a);
}

static void template(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_str value = a->intent->object;
    size_t end = 0;
    /* a small number stands on many pages: only a short answer without the expression */
    bool small =
        value.n < 4 &&
        (a->peeled.n > 4096 || yg_match_find("%d%o*", a->peeled, 0, &end) != YG_NOWHERE);

    if (value.n >= 2 && !small && evaluated(j, a, value))
        return;
    yg_judge_command(j, a);
    struct yg_str core = yg_sub(a->intent->text, 0, 8);
    if (value.n >= 2 && core.n >= 5 && yg_find(a->peeled, core, 0) != YG_NOWHERE &&
        !yg_judge_has(j, YG_M_COMMAND_OUTPUT)) {
        struct yg_mark_at at = yg_judge_answer_of(j, a->x);
        yg_judge_mark(j, YG_M_VERBATIM, &at, core);
    }
}

void yg_judge_answer(struct yg_judging *j, const struct yg_asked *a)
{
    switch (a->intent->kind) {
    case YG_INTENT_FILE_READ:
    case YG_INTENT_ENTITY:
    case YG_INTENT_INCLUDE:
    case YG_INTENT_LISTING:
        yg_judge_file(j, a);
        break;
    case YG_INTENT_COMMAND:
    case YG_INTENT_SHELL:
    case YG_INTENT_UPLOAD:
    case YG_INTENT_OBJECT:
        yg_judge_command(j, a);
        break;
    case YG_INTENT_TEMPLATE:
        template(j, a);
        break;
    case YG_INTENT_SQL:
        yg_judge_database(j, a);
        break;
    case YG_INTENT_SCRIPT:
        yg_judge_script(j, a);
        break;
    default:
        break;
    }
}
