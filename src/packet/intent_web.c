/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/intent_priv.h"

#define ANY    (YG_IN_PATH | YG_IN_PARAM | YG_IN_HEADER | YG_IN_BODY | YG_IN_STREAM)
#define VALUES (YG_IN_PARAM | YG_IN_HEADER | YG_IN_BODY)
#define ASKED  (YG_IN_PATH | YG_IN_PARAM | YG_IN_BODY)

/* clang-format off */
static const struct yg_match_rule file_rule[] = {
    { "..%p..%p",                    YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "..%p%n%p..%p",                YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "....%p",                      YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "..;%p",                       YG_INTENT_FILE_READ, YG_TAKE_REST,  YG_IN_PATH | YG_IN_PARAM },
    { "%petc%ppasswd",               YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "%petc%pshadow",               YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "%petc%pgroup%b",              YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%petc%phosts%b",              YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%petc%pissue%b",              YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%pproc%pself%p",              YG_INTENT_FILE_READ, YG_TAKE_REST,  ANY },
    { "%proot%p.",                   YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%bwin.ini%b",                 YG_INTENT_FILE_READ, YG_TAKE_VALUE, ASKED },
    { "%bboot.ini%b",                YG_INTENT_FILE_READ, YG_TAKE_VALUE, ASKED },
    { "%bsystem32%p",                YG_INTENT_FILE_READ, YG_TAKE_REST,  YG_IN_PATH | YG_IN_PARAM },
    { "web-inf%p",                   YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "meta-inf%p",                  YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%pvar%plog%p",                YG_INTENT_FILE_READ, YG_TAKE_REST,  YG_IN_PARAM | YG_IN_BODY },
    { "%p.ssh%p",                    YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%bwp-config.php",             YG_INTENT_FILE_READ, YG_TAKE_VALUE, YG_IN_PARAM | YG_IN_BODY },
    { "%b.htpasswd",                 YG_INTENT_FILE_READ, YG_TAKE_VALUE, ASKED },
    { "php://filter",                YG_INTENT_FILE_READ, YG_TAKE_VALUE, ANY },
    { "file://",                     YG_INTENT_FILE_READ, YG_TAKE_REST,  ASKED },
    { "%.%petc%p%w",                 YG_INTENT_FILE_READ, YG_TAKE_REST,  YG_IN_PARAM },
    { "phar://",                     YG_INTENT_INCLUDE,   0,  ANY },
    { "zip://",                      YG_INTENT_INCLUDE,   0,  VALUES },
    { "data://text",                 YG_INTENT_INCLUDE,   0,  VALUES },
    { "gopher://",                   YG_INTENT_INCLUDE,   YG_TAKE_URL,   ANY },
    { "dict://",                     YG_INTENT_INCLUDE,   YG_TAKE_URL,   ANY },
    { "169.254.169.254",             YG_INTENT_INCLUDE,   YG_TAKE_HIT,   ASKED },
    { "%p.git%p",                    YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%p.svn%p",                    YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%p.env%$",                    YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%p.env.",                     YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%p.ds_store",                 YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%p.aws%p",                    YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%pserver-status%b",           YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "%pactuator%p",                YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { "phpinfo.php",                 YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
    { ".php.bak",                    YG_INTENT_LISTING,   YG_TAKE_HIT,   YG_IN_PATH },
};

static const struct yg_match_rule command_rule[] = {
    { "() {",                        YG_INTENT_COMMAND, YG_TAKE_REST,  YG_IN_HEADER | YG_IN_PARAM },
    { "php://input",                 YG_INTENT_COMMAND, 0,  ANY },
    { "expect://",                   YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "allow_url_include",           YG_INTENT_COMMAND, 0,  ANY },
    { "auto_prepend_file",           YG_INTENT_COMMAND, 0,  ANY },
    { "%bsystem%o(",                 YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bpassthru%o(",               YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bshell_exec%o(",             YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bexec%o(%o%c",               YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bpopen%o(",                  YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bproc_open%o(",              YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bphpinfo%o(",                YG_INTENT_COMMAND, YG_TAKE_HIT,   ANY },
    { "%beval%o(",                   YG_INTENT_COMMAND, YG_TAKE_REST,  VALUES },
    { "%bassert%o(",                 YG_INTENT_COMMAND, YG_TAKE_REST,  VALUES },
    { "%bbase64_decode%o(",          YG_INTENT_COMMAND, 0,  VALUES },
    { "getruntime%o(",               YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "java.lang.runtime",           YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "processbuilder",              YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "#_memberaccess",              YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "@java.lang.",                 YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "class.module.classloader",    YG_INTENT_COMMAND, 0,  ANY },
    { "child_process",               YG_INTENT_COMMAND, YG_TAKE_REST,  VALUES },
    { "os.system",                   YG_INTENT_COMMAND, YG_TAKE_REST,  VALUES },
    { "%bsubprocess.",               YG_INTENT_COMMAND, YG_TAKE_REST,  VALUES },
    { "invokefunction",              YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "call_user_func",              YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "xp_cmdshell",                 YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bcmd%q%s/%w",                YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "cmd.exe",                     YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bpowershell",                YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%pbin%p%w",                   YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "/dev/tcp/",                   YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bcertutil%b",                YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bwget%shttp",                YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bcurl%shttp",                YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "%bchmod%s%d",                 YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "<?php",                       YG_INTENT_COMMAND, YG_TAKE_REST,  YG_IN_PARAM | YG_IN_HEADER },
    { "<?=",                         YG_INTENT_COMMAND, YG_TAKE_REST,  YG_IN_PARAM | YG_IN_HEADER },
    { "%be%cval%c%b",                YG_INTENT_COMMAND, 0,  VALUES },
    { "<!--#exec",                   YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
    { "<%%%a.exec(",                 YG_INTENT_COMMAND, YG_TAKE_REST,  ANY },
};

static const struct yg_match_rule sql_rule[] = {
    { "%bunion%sselect%b",           YG_INTENT_SQL, 0, ANY },
    { "%bunion%sall%o%aselect%b",    YG_INTENT_SQL, 0, ANY },
    { "%bunion%sdistinct%b",         YG_INTENT_SQL, 0, ANY },
    { "%bunion%o(%o%aselect%b",      YG_INTENT_SQL, 0, ANY },
    { "%bselect%b%a%bfrom%b",        YG_INTENT_SQL, 0, ASKED | YG_IN_HEADER },
    { "%bselect%s@@",                YG_INTENT_SQL, 0, ANY },
    { "(%oselect%b",                 YG_INTENT_SQL, 0, ANY },
    { "%bcase%swhen%b",              YG_INTENT_SQL, 0, VALUES },
    { "%bor%o(%o%d%o=",              YG_INTENT_SQL, 0, ANY },
    { "%bor%s%d%o=%o%d",             YG_INTENT_SQL, 0, ANY },
    { "%band%o(%o%d%o=",             YG_INTENT_SQL, 0, ANY },
    { "%band%s%d%o=%o%d",            YG_INTENT_SQL, 0, ANY },
    { "%bor%o%c%w%c%o=%o%c",         YG_INTENT_SQL, 0, ANY },
    { "%band%o%c%w%c%o=%o%c",        YG_INTENT_SQL, 0, ANY },
    { "%c%o%bor%b%o%c%c%o=%o%c",     YG_INTENT_SQL, 0, ANY },
    { "%c%o%bor%s",                  YG_INTENT_SQL, 0, VALUES },
    { "%c%o)%aand%b",                YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "%c%o=%o%c%o%bor%b",           YG_INTENT_SQL, 0, VALUES },
    { "%bor%strue%b",                YG_INTENT_SQL, 0, VALUES },
    { "%brlike%s",                   YG_INTENT_SQL, 0, VALUES },
    { "||%o(%aselect%b",             YG_INTENT_SQL, 0, VALUES },
    { "%bsleep%o(%o%d",              YG_INTENT_SQL, 0, ANY },
    { "%bpg_sleep%o(",               YG_INTENT_SQL, 0, ANY },
    { "%bbenchmark%o(%o%d",          YG_INTENT_SQL, 0, ANY },
    { "%bwaitfor%sdelay%b",          YG_INTENT_SQL, 0, ANY },
    { "%bdbms_%w.%w",                YG_INTENT_SQL, 0, ANY },
    { "%brandomblob%o(",             YG_INTENT_SQL, 0, ANY },
    { "%bextractvalue%o(",           YG_INTENT_SQL, 0, ANY },
    { "%bupdatexml%o(",              YG_INTENT_SQL, 0, ANY },
    { "%butl_%w.%w",                 YG_INTENT_SQL, 0, ANY },
    { "%binformation_schema%b",      YG_INTENT_SQL, 0, ANY },
    { "%bsysobjects%b",              YG_INTENT_SQL, 0, VALUES },
    { "%bsqlite_master%b",           YG_INTENT_SQL, 0, ANY },
    { "%bpg_catalog%b",              YG_INTENT_SQL, 0, ANY },
    { "%brdb$%w",                    YG_INTENT_SQL, 0, ANY },
    { "%bload_file%o(",              YG_INTENT_SQL, 0, ANY },
    { "%binto%soutfile%b",           YG_INTENT_SQL, 0, ANY },
    { "%binto%sdumpfile%b",          YG_INTENT_SQL, 0, ANY },
    { "%bconcat%o(%o0x",             YG_INTENT_SQL, 0, ANY },
    { "%bconcat%o(%ochar",           YG_INTENT_SQL, 0, ANY },
    { "%bgroup_concat%o(",           YG_INTENT_SQL, 0, ANY },
    { "%bchr%o(%o%d%o)",             YG_INTENT_SQL, 0, VALUES },
    { "%bchar%o(%o%d",               YG_INTENT_SQL, 0, VALUES },
    { "@@version",                   YG_INTENT_SQL, 0, ANY },
    { "%border%sby%s%d",             YG_INTENT_SQL, 0, VALUES },
    { "%bhaving%s%d%o=",             YG_INTENT_SQL, 0, VALUES },
    { ";%odrop%s%w%s",               YG_INTENT_SQL, 0, VALUES },
    { ";%oinsert%sinto%b",           YG_INTENT_SQL, 0, VALUES },
    { ";%oupdate%s%w%sset%b",        YG_INTENT_SQL, 0, VALUES },
    { ";%odelete%sfrom%b",           YG_INTENT_SQL, 0, VALUES },
    { ";%oselect%b",                 YG_INTENT_SQL, 0, VALUES },
    { ";%oexec%b",                   YG_INTENT_SQL, 0, VALUES },
    { ";%odeclare%s@",               YG_INTENT_SQL, 0, VALUES },
    { ";%oiif%o(",                   YG_INTENT_SQL, 0, VALUES },
    { "procedure%sanalyse",          YG_INTENT_SQL, 0, ANY },
    { "%bmake_set%o(",               YG_INTENT_SQL, 0, VALUES },
    { "%belt%o(%o%d",                YG_INTENT_SQL, 0, VALUES },
    { "%c%o)%o--",                   YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "%c%o#%$",                     YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "%c%o--%o",                    YG_INTENT_SQL, 0, YG_IN_PARAM },
    { ")%o--%$",                     YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "%d=%d",                       YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "%c%olike%o%c",                YG_INTENT_SQL, 0, YG_IN_PARAM },
    { "'%$",                         YG_INTENT_SQL, 0, YG_IN_PARAM },
};

static const struct yg_match_rule script_rule[] = {
    { "<script",                     YG_INTENT_SCRIPT, YG_TAKE_VALUE, ANY & ~YG_IN_STREAM },
    { "</script",                    YG_INTENT_SCRIPT, YG_TAKE_VALUE, ANY & ~YG_IN_STREAM },
    { "<%w%s%aon%w%o=",              YG_INTENT_SCRIPT, YG_TAKE_VALUE, ANY & ~YG_IN_STREAM },
    { "<%w/%aon%w%o=",               YG_INTENT_SCRIPT, YG_TAKE_VALUE, ANY & ~YG_IN_STREAM },
    { "<%w%s%asrc%o=",               YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<%w%s%ahref%o=",              YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<iframe",                     YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<svg",                        YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<img",                        YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<style",                      YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<meta",                       YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<object",                     YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<embed",                      YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "<math",                       YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "%c%o%bon%w%o=",               YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "javascript%o:",               YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "vbscript%o:",                 YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "data:text/html",              YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "%balert%o(",                  YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "%bprompt%o(",                 YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "%bconfirm%o(",                YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "document.cookie",             YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES | YG_IN_PATH },
    { "expression%o(",               YG_INTENT_SCRIPT, YG_TAKE_VALUE, VALUES },
    { "<%w%a>",                      YG_INTENT_SCRIPT, YG_TAKE_VALUE, YG_IN_PARAM },
};

static const struct yg_match_rule other_rule[] = {
    { "{{%aconfig",                  YG_INTENT_TEMPLATE, 0, ANY },
    { "{{%aself%b",                  YG_INTENT_TEMPLATE, 0, ANY },
    { "__class__",                   YG_INTENT_TEMPLATE, 0, ANY },
    { "__globals__",                 YG_INTENT_TEMPLATE, 0, ANY },
    { "<!entity%s%asystem%b",        YG_INTENT_ENTITY, YG_TAKE_URL, ANY },
    { "<!entity%s%apublic%b",        YG_INTENT_ENTITY, YG_TAKE_URL, ANY },
    { "<!doctype%s%asystem%b",       YG_INTENT_ENTITY, YG_TAKE_URL, VALUES },
    { "xinclude%b",                  YG_INTENT_ENTITY, 0, VALUES },
    { "%bro0ab",                     YG_INTENT_OBJECT, 0, ANY },
    { "\xac\xed%.\x05",              YG_INTENT_OBJECT, 0, ANY },
    { "%bo:%d:\"",                   YG_INTENT_OBJECT, 0, VALUES },
    { "aaeaaad/////",                YG_INTENT_OBJECT, 0, VALUES },
    { "!!python/object",             YG_INTENT_OBJECT, 0, VALUES },
    { "!!javax.",                    YG_INTENT_OBJECT, 0, VALUES },
    { "\"@type\"%o:%o\"",            YG_INTENT_OBJECT, 0, VALUES },
    { "_$$nd_func$$_",               YG_INTENT_OBJECT, 0, ANY },
    { "%bz0=",                       YG_INTENT_SHELL, 0, YG_IN_BODY },
    { "@ini_set(",                   YG_INTENT_SHELL, 0, YG_IN_PARAM | YG_IN_BODY },
};
/* clang-format on */

_Static_assert(YG_ARRAY_LEN(sql_rule) <= YG_MATCH_RULES,
               "a matcher's rules are a word of bits");

void yg_intent_web_init(struct yg_intent_rules *r)
{
    yg_matcher_init(&r->file, file_rule, YG_ARRAY_LEN(file_rule));
    yg_matcher_init(&r->command, command_rule, YG_ARRAY_LEN(command_rule));
    yg_matcher_init(&r->sql, sql_rule, YG_ARRAY_LEN(sql_rule));
    yg_matcher_init(&r->script, script_rule, YG_ARRAY_LEN(script_rule));
    yg_matcher_init(&r->other, other_rule, YG_ARRAY_LEN(other_rule));
    memset(&r->gate, 0, sizeof(r->gate));
    yg_match_gate_rules(&r->gate, YG_MARK_FILE, &r->file);
    yg_match_gate_rules(&r->gate, YG_MARK_COMMAND, &r->command);
    yg_match_gate_rules(&r->gate, YG_MARK_SQL, &r->sql);
    yg_match_gate_rules(&r->gate, YG_MARK_SCRIPT, &r->script);
    yg_match_gate_rules(&r->gate, YG_MARK_OTHER, &r->other);
    yg_match_gate_bytes(&r->gate, YG_MARK_SHELL, ";|&`\n", NULL);
    yg_match_gate_bytes(&r->gate, YG_MARK_SHELL, "$", "(");
    yg_match_gate_bytes(&r->gate, YG_MARK_TEMPLATE, "{", NULL);
    yg_match_gate_bytes(&r->gate, YG_MARK_TEMPLATE, "%", "=");
    yg_match_gate_bytes(&r->gate, YG_MARK_TEMPLATE, "@", "(");
    yg_match_gate_bytes(&r->gate, YG_MARK_LOOKUP, "$", "{");
}
