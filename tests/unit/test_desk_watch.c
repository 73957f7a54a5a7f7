/* SPDX-License-Identifier: Apache-2.0 */
/* Watch lists of the desk: what is an entry, what hits it, whose lists are looked at. */
#include "desk_util.h"

static uint64_t list_of(struct world *w, const struct yg_desk_by *by, bool everywhere,
                        const char *name)
{
    const struct yg_watch_list l = { .tenant = everywhere       ? YG_STR("")
                                               : by->scope->all ? ACME
                                                                : by->scope->tenant[0],
                                     .everywhere = everywhere,
                                     .name = yg_str_of(name),
                                     .source = YG_STR("feed") };
    struct yg_watch_list out;

    assert_ok(w, yg_watch_make(w->d, by, &l, &out, &w->err));
    return out.number;
}

static uint64_t add(struct world *w, const struct yg_desk_by *by, uint64_t list,
                    const char *lines)
{
    uint64_t n = 0;

    assert_ok(w, yg_watch_add(w->d, by, list, yg_str_of(lines), &n, &w->err));
    return n;
}

static struct yg_desk_hits hits(struct world *w, const struct yg_desk_alert *a)
{
    struct yg_desk_hits h;

    assert_ok(w, yg_watch_hits(w->d, &w->kim, a, &w->arena, &h, &w->err));
    return h;
}

static void what_hits_what(void **state)
{
    static const struct {
        const char *entry;
        enum yg_field field;
        const char *text;
        bool hit;
    } c[] = {
        { "192.0.2.7", YG_F_SOURCE_IP, "192.0.2.7", true },
        { "192.0.2.7", YG_F_SOURCE_IP, "192.0.2.8", false },
        { "192.0.2.0/24", YG_F_DESTINATION_IP, "192.0.2.200", true },
        { "192.0.2.0/24", YG_F_DESTINATION_IP, "192.0.3.0", false },
        { "0.0.0.0/1", YG_F_SOURCE_IP, "10.0.0.1", true },
        { "2001:db8::/32", YG_F_SOURCE_IP, "2001:db8:1::1", true },
        { "2001:db8::/127", YG_F_SOURCE_IP, "2001:db8::1", true },
        { "2001:db8::/127", YG_F_SOURCE_IP, "2001:db8::2", false },
        { "::/1", YG_F_SOURCE_IP, "2001:db8::2", true },
        { "Evil.Example", YG_F_DNS_QUESTION, "www.evil.example.", true },
        { "evil.example", YG_F_TLS_SNI, "notevil.example", false },
        { "evil.example", YG_F_URL, "http://a.evil.example:8080/x", true },
        { "host:pc7", YG_F_HOST_NAME, "PC7.corp.example", true },
        { "d41d8cd98f00b204e9800998ecf8427e", YG_F_FILE_MD5,
          "00000000000000000000000000000000,D41D8CD98F00B204E9800998ECF8427E", true },
        { "url:evil.example/a/b", YG_F_URL, "https://EVIL.example/a/b/c?x=1", true },
        { "url:evil.example/a/b", YG_F_URL, "https://evil.example/a/b", true },
        { "url:evil.example/a/b/", YG_F_URL, "https://evil.example/a/b?q", true },
        { "url:evil.example/a/b", YG_F_URL, "https://evil.example/a/bc", false },
        { "url:evil.example/a/b", YG_F_URL, "https://evil.example/a", false },
        { "url:evil.example/A", YG_F_URL, "https://evil.example/a", false },
        { "url:http://192.0.2.7:81/a", YG_F_URL, "http://x@192.0.2.7/a/z", true },
        { "url:evil.example/a", YG_F_URL, "/a/b", false },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        char name[16];
        snprintf(name, sizeof(name), "list %zu", i);
        uint64_t list = list_of(w, &w->kim, false, name);
        assert_int_equal(add(w, &w->kim, list, c[i].entry), 1);
        const struct yg_desk_alert a = ALERT(w, { c[i].field, c[i].text });
        const struct yg_desk_hits h = hits(w, &a);
        if (h.count != c[i].hit)
            fail_msg("%s, %s: %zu hits", c[i].entry, c[i].text, h.count);
        if (h.count > 0) {
            assert_text(h.row[0].list, name);
            assert_text(h.row[0].value, c[i].entry);
            assert_text(h.row[0].source, "feed");
            assert_string_equal(h.row[0].field, yg_field_info[c[i].field].name);
        }
        assert_ok(w, yg_watch_drop(w->d, &w->kim, list, &w->err));
        assert_int_equal(hits(w, &a).count, 0);
    }
}

static void a_relative_url_has_the_host_it_was_asked_of(void **state)
{
    struct world *w = *state;

    add(w, &w->kim, list_of(w, &w->kim, false, "l"), "url:evil.example/a");
    const struct yg_desk_alert a =
        ALERT(w, { YG_F_URL, "/a/b" }, { YG_F_URL_DOMAIN, "evil.example" });
    assert_int_equal(hits(w, &a).count, 1);
}

static void entries_that_cannot_be(void **state)
{
    static const char *const bad[] = {
        "192.0.2.1/24",      "0.0.0.0/0", "::/0",
        "300.1.1.1/8",       "nodots",    "url:",
        "url:host",          "url:/path", "url:evil.example",
        "url:evil.example/", "url:a b/c", "x.example expires=soon",
        "x.example because", "host:",     "url:10.0.0.0/8 no"
    };
    struct world *w = *state;
    uint64_t list = list_of(w, &w->kim, false, "l"), n;
    struct yg_buf text;

    yg_buf_init(&text, 2 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        yg_buf_clear(&text);
        yg_buf_printf(&text, "ok.example\n\n# a note\n%s\n", bad[i]);
        w->err = (struct yg_err){ .line = 0 };
        enum yg_status st =
            yg_watch_add(w->d, &w->kim, list, yg_buf_str(&text), &n, &w->err);
        if (st != YG_EFORMAT || w->err.line != 4)
            fail_msg("%s: %s, line %d", bad[i], yg_status_name(st), w->err.line);
    }
    for (size_t i = 0; hostile(i).n > 0; i++) {
        yg_buf_clear(&text);
        yg_buf_printf(&text, "ok.example # ");
        yg_buf_str_add(&text, hostile(i));
        assert_true(yg_watch_add(w->d, &w->kim, list, yg_buf_str(&text), &n, &w->err) !=
                    YG_OK);
        assert_true(yg_watch_add(w->d, &w->kim, list, hostile(i), &n, &w->err) != YG_OK);
    }
    yg_buf_clear(&text);
    for (int i = 0; i <= YG_WATCH_LINES_MAX; i++)
        yg_buf_printf(&text, "#\n");
    assert_status(YG_ELIMIT,
                  yg_watch_add(w->d, &w->kim, list, yg_buf_str(&text), &n, &w->err));
    yg_buf_fini(&text);
    struct yg_watch_list l;
    assert_ok(w, yg_watch_get(w->d, &w->kim, list, &w->arena, &l, &w->err));
    assert_int_equal(l.entries, 0);
}

static void entries_expire_and_are_told_again(void **state)
{
    struct world *w = *state;
    uint64_t list = list_of(w, &w->kim, false, "l");
    struct yg_watch_ask_entries ask = { .list = list };
    struct yg_watch_entries e;

    assert_int_equal(add(w, &w->kim, list,
                         "192.0.2.7 expires=2023-11-15T01:00:00Z # seen at night\n"
                         "a.example\nb.example # b\n"),
                     3);
    struct yg_desk_alert a = ALERT(w, { YG_F_SOURCE_IP, "192.0.2.7" });
    struct yg_desk_hits h = hits(w, &a);
    assert_int_equal(h.count, 1);
    assert_text(h.row[0].note, "seen at night");
    assert_text(h.row[0].seen, "192.0.2.7");
    w->clock.manual_ns += DAY;
    a = ALERT(w, { YG_F_SOURCE_IP, "192.0.2.7" });
    assert_int_equal(hits(w, &a).count, 0);
    assert_int_equal(add(w, &w->lee, list, "192.0.2.7\nc.example\n"), 1);
    assert_int_equal(hits(w, &a).count, 1);
    assert_ok(w, yg_watch_entries(w->d, &w->kim, &ask, &w->arena, &e, &w->err));
    assert_int_equal(e.count, 4);
    assert_text(e.row[0].value, "c.example");
    ask.limit = 2;
    assert_ok(w, yg_watch_entries(w->d, &w->kim, &ask, &w->arena, &e, &w->err));
    assert_true(e.count == 2 && e.more);
    ask.before = e.row[1].number;
    assert_ok(w, yg_watch_entries(w->d, &w->kim, &ask, &w->arena, &e, &w->err));
    assert_true(e.count == 2 && !e.more);
    assert_ok(w, yg_watch_entry_drop(w->d, &w->kim, list, e.row[1].number, &w->err));
    assert_status(YG_ENOTFOUND,
                  yg_watch_entry_drop(w->d, &w->kim, list, e.row[1].number, &w->err));
    assert_int_equal(hits(w, &a).count, 0);
}

static void a_list_is_a_file_again(void **state)
{
    struct world *w = *state;
    uint64_t list = list_of(w, &w->kim, false, "l"), other;
    struct yg_buf text;

    yg_buf_init(&text, 1 << 20);
    add(w, &w->kim, list,
        "url:http://evil.example:80/a/b # path\n"
        "192.0.2.0/24 expires=2027-01-01\n");
    assert_ok(w, yg_watch_text(w->d, &w->kim, list, &text, &w->err));
    assert_text(yg_buf_str(&text), "192.0.2.0/24 expires=2027-01-02T00:00:00.000000Z\n"
                                   "evil.example # path\n");
    other = list_of(w, &w->kim, false, "m");
    assert_int_equal(add(w, &w->kim, other, yg_buf_cstr(&text)), 2);
    yg_buf_fini(&text);
}

static void lists_of_others_and_of_all(void **state)
{
    struct world *w = *state;
    uint64_t ours = list_of(w, &w->kim, false, "l"), everybody, theirs, n;
    struct yg_watch_list l = { .everywhere = true, .name = YG_STR("all") }, out;
    struct yg_watch_lists all;
    struct yg_buf text;

    assert_status(YG_EPERM, yg_watch_make(w->d, &w->kim, &l, &out, &w->err));
    everybody = list_of(w, &w->all, true, "all");
    theirs = list_of(w, &w->other, false, "l"); /* the same name */
    l = (struct yg_watch_list){ .tenant = ACME, .name = YG_STR("l") };
    assert_status(YG_EEXIST, yg_watch_make(w->d, &w->kim, &l, &out, &w->err));
    assert_status(YG_ENOTFOUND, yg_watch_make(w->d, &w->other, &l, &out, &w->err));
    add(w, &w->kim, ours, "192.0.2.1");
    add(w, &w->all, everybody, "192.0.2.1");
    add(w, &w->other, theirs, "192.0.2.1");
    const struct yg_desk_alert a = ALERT(w, { YG_F_SOURCE_IP, "192.0.2.1" });
    assert_int_equal(hits(w, &a).count, 2);
    struct yg_desk_hits h;
    assert_status(YG_ENOTFOUND,
                  yg_watch_hits(w->d, &w->other, &a, &w->arena, &h, &w->err));
    assert_status(YG_EPERM, yg_watch_add(w->d, &w->kim, everybody, YG_STR("x.example"),
                                         &n, &w->err));
    assert_status(YG_EPERM, yg_watch_drop(w->d, &w->kim, everybody, &w->err));
    assert_ok(w, yg_watch_get(w->d, &w->kim, everybody, &w->arena, &out, &w->err));
    yg_buf_init(&text, 1000);
    const struct yg_desk_by *by[] = { &w->other, &w->nobody };
    for (size_t i = 0; i < 2; i++) {
        const struct yg_watch_ask_entries ask = { .list = ours };
        struct yg_watch_entries e;
        out.number = ours;
        assert_status(YG_ENOTFOUND,
                      yg_watch_get(w->d, by[i], ours, &w->arena, &l, &w->err));
        assert_status(YG_ENOTFOUND, yg_watch_put(w->d, by[i], &out, &w->err));
        assert_status(YG_ENOTFOUND, yg_watch_drop(w->d, by[i], ours, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_watch_add(w->d, by[i], ours, YG_STR("x.example"), &n, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_watch_entries(w->d, by[i], &ask, &w->arena, &e, &w->err));
        assert_status(YG_ENOTFOUND, yg_watch_text(w->d, by[i], ours, &text, &w->err));
        assert_status(YG_ENOTFOUND, yg_watch_entry_drop(w->d, by[i], ours, 1, &w->err));
    }
    yg_buf_fini(&text);
    const struct yg_desk_ask ask = { .limit = 10 };
    const struct yg_desk_by both = { YG_STR("x"), &w->both };
    const struct {
        const struct yg_desk_by *by;
        size_t want;
    } sees[] = {
        { &w->kim, 2 }, { &w->other, 2 }, { &w->all, 3 }, { &both, 3 }, { &w->nobody, 0 }
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(sees); i++) {
        assert_ok(w, yg_watch_lists(w->d, sees[i].by, &ask, &w->arena, &all, &w->err));
        assert_int_equal(all.count, sees[i].want);
    }
    out = (struct yg_watch_list){ .number = ours, .source = YG_STR("new") };
    assert_ok(w, yg_watch_put(w->d, &w->kim, &out, &w->err));
    assert_ok(w, yg_watch_get(w->d, &w->kim, ours, &w->arena, &out, &w->err));
    assert_text(out.source, "new");
    assert_text(out.name, "l");
}

static void what_was_dropped_goes_bit_by_bit(void **state)
{
    struct world *w = *state;
    uint64_t list = list_of(w, &w->kim, false, "l");
    struct yg_buf text;

    yg_buf_init(&text, 1 << 20);
    for (int part = 0; part < 2; part++) {
        yg_buf_clear(&text);
        for (int i = 0; i < YG_WATCH_LINES_MAX; i++)
            yg_buf_printf(&text, "d%d-%d.example\n", part, i);
        assert_int_equal(add(w, &w->kim, list, yg_buf_cstr(&text)), YG_WATCH_LINES_MAX);
    }
    yg_buf_fini(&text);
    assert_ok(w, yg_watch_drop(w->d, &w->kim, list, &w->err));
    const struct yg_desk_alert a = ALERT(w, { YG_F_TLS_SNI, "d1-4999.example" });
    assert_int_equal(hits(w, &a).count, 0);
    list = list_of(w, &w->kim, false, "l"); /* its name is free */
    add(w, &w->kim, list, "x.example");
    assert_ok(w, yg_watch_drop(w->d, &w->kim, list, &w->err));
    for (int i = 0; i < 3; i++)
        list_of(w, &w->kim, false, i == 0 ? "a" : i == 1 ? "b" : "c");
}

static void an_alert_of_everything(void **state)
{
    struct world *w = *state;
    struct yg_buf names;

    yg_buf_init(&names, 1 << 20);
    for (int i = 0; i < 500; i++)
        yg_buf_printf(&names, "a.b.c.d.e.f.g.h%d.example,", i);
    add(w, &w->kim, list_of(w, &w->kim, false, "l"), "example.org\nhost:pc\n");
    const struct yg_desk_alert a =
        ALERT(w, { YG_F_DNS_ANSWER, yg_buf_cstr(&names) }, { YG_F_HOST_NAME, "pc" },
              { YG_F_URL, "http:///?//?x?//" });
    const struct yg_desk_hits h = hits(w, &a);
    assert_true(h.count == 1 && h.more);
    yg_buf_fini(&names);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_hits_what),
        CASE(a_relative_url_has_the_host_it_was_asked_of),
        CASE(entries_that_cannot_be),
        CASE(entries_expire_and_are_told_again),
        CASE(a_list_is_a_file_again),
        CASE(lists_of_others_and_of_all),
        CASE(what_was_dropped_goes_bit_by_bit),
        CASE(an_alert_of_everything),
    };

    return run_cases("desk_watch", cases, YG_ARRAY_LEN(cases));
}
