/* SPDX-License-Identifier: Apache-2.0 */
/* Notes, questions, claims and clocks of the desk; nothing of it across tenants. */
#include "desk_util.h"

#include "desk/duty.h"

/* ---- notes ------------------------------------------------------------------------ */

static struct yg_desk_note add_note(struct world *w, const struct yg_desk_by *by,
                                    enum yg_note_kind kind, const char *key,
                                    const char *text)
{
    const struct yg_desk_note n = { .tenant =
                                        by->scope->all ? ACME : by->scope->tenant[0],
                                    .kind = (uint8_t)kind,
                                    .key = yg_str_of(key),
                                    .text = yg_str_of(text) };
    struct yg_desk_note out;

    assert_ok(w, yg_desk_note_add(w->d, by, &n, &w->arena, &out, &w->err));
    return out;
}

static void a_note_is_kept_in_all_its_versions(void **state)
{
    struct world *w = *state;
    struct yg_desk_note n = add_note(w, &w->kim, YG_NOTE_HOST, "WEB1.example", "scanner");
    struct yg_desk_notes all;

    assert_text(n.key, "web1.example");
    assert_text(n.owner, "kim");
    w->clock.manual_ns += HOUR;
    n.text = YG_STR("scanner of the\nnetwork team");
    n.owner = YG_STR("net");
    n.until_ns = T0 + 30 * DAY;
    assert_ok(w, yg_desk_note_put(w->d, &w->lee, &n, &w->err));
    open_desk(w);
    assert_ok(w, yg_desk_note_get(w->d, &w->kim, n.number, &w->arena, &n, &w->err));
    assert_true(n.version == 2 && n.until_ns == T0 + 30 * DAY && !n.gone);
    assert_text(n.author, "kim");
    assert_text(n.changed_by, "lee");
    assert_ok(w, yg_desk_note_remove(w->d, &w->kim, n.number, &w->err));
    assert_status(YG_ENOTFOUND, yg_desk_note_remove(w->d, &w->kim, n.number, &w->err));
    assert_status(YG_ENOTFOUND, yg_desk_note_put(w->d, &w->kim, &n, &w->err));
    assert_ok(w, yg_desk_note_history(w->d, &w->kim, n.number, &w->arena, &all, &w->err));
    assert_int_equal(all.count, 3);
    assert_true(all.row[0].gone && !all.row[1].gone);
    assert_text(all.row[2].text, "scanner");
    assert_true(all.row[2].changed_ns == T0);
    const struct yg_desk_ask ask = { .limit = 10 };
    assert_ok(w, yg_desk_note_list(w->d, &w->kim, &ask, &w->arena, &all, &w->err));
    assert_int_equal(all.count, 0);
}

static void a_note_is_changed_so_often(void **state)
{
    struct world *w = *state;
    struct yg_desk_note n = add_note(w, &w->kim, YG_NOTE_TENANT, "", "x");

    for (int i = 1; i < YG_NOTE_VERSIONS_MAX; i++)
        assert_ok(w, yg_desk_note_put(w->d, &w->kim, &n, &w->err));
    assert_status(YG_ELIMIT, yg_desk_note_put(w->d, &w->kim, &n, &w->err));
    assert_ok(w, yg_desk_note_remove(w->d, &w->kim, n.number, &w->err));
}

static void notes_that_cannot_be(void **state)
{
    const struct {
        const char *what;
        struct yg_desk_note n;
        enum yg_status want;
    } c[] = {
        { "no text", { .tenant = ACME, .kind = YG_NOTE_TENANT }, YG_EINVAL },
        { "no key",
          { .tenant = ACME, .kind = YG_NOTE_HOST, .text = YG_STR("x") },
          YG_EINVAL },
        { "a tenant with a key",
          { .tenant = ACME,
            .kind = YG_NOTE_TENANT,
            .key = YG_STR("k"),
            .text = YG_STR("x") },
          YG_EINVAL },
        { "an id cut short",
          { .tenant = ACME,
            .kind = YG_NOTE_ALERT,
            .key = YG_STR("abcd"),
            .text = YG_STR("x") },
          YG_EINVAL },
        { "an unknown kind",
          { .tenant = ACME, .kind = 200, .key = YG_STR("k"), .text = YG_STR("x") },
          YG_EINVAL },
        { "expired already",
          { .tenant = ACME, .kind = YG_NOTE_TENANT, .text = YG_STR("x"), .until_ns = T0 },
          YG_EINVAL },
        { "of another tenant",
          { .tenant = ZETA, .kind = YG_NOTE_TENANT, .text = YG_STR("x") },
          YG_ENOTFOUND },
        { "of no tenant", { .kind = YG_NOTE_TENANT, .text = YG_STR("x") }, YG_ENOTFOUND },
    };
    struct world *w = *state;
    struct yg_desk_note out;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++)
        if (yg_desk_note_add(w->d, &w->kim, &c[i].n, &w->arena, &out, &w->err) !=
            c[i].want)
            fail_msg("%s: %s", c[i].what, w->err.msg);
    for (size_t i = 0; hostile(i).n > 0; i++) {
        struct yg_desk_note n = { .tenant = ACME,
                                  .kind = YG_NOTE_SIGNATURE,
                                  .key = hostile(i),
                                  .text = YG_STR("x") };
        assert_status(YG_EINVAL,
                      yg_desk_note_add(w->d, &w->kim, &n, &w->arena, &out, &w->err));
        n.key = YG_STR("k");
        n.text = hostile(i);
        assert_status(YG_EINVAL,
                      yg_desk_note_add(w->d, &w->kim, &n, &w->arena, &out, &w->err));
        n.text = YG_STR("x");
        n.owner = hostile(i);
        assert_status(YG_EINVAL,
                      yg_desk_note_add(w->d, &w->kim, &n, &w->arena, &out, &w->err));
        const struct yg_desk_note_key at = { ACME, hostile(i), YG_NOTE_SIGNATURE };
        struct yg_desk_notes none;
        assert_ok(w, yg_desk_note_at(w->d, &w->kim, &at, &w->arena, &none, &w->err));
        assert_int_equal(none.count, 0);
    }
}

static void notes_of_others_do_not_exist(void **state)
{
    struct world *w = *state;
    struct yg_desk_note n = add_note(w, &w->kim, YG_NOTE_HOST, "192.0.2.1", "ours"), out;
    const struct yg_desk_note_key at = { ACME, YG_STR("192.0.2.1"), YG_NOTE_HOST };
    const struct yg_desk_ask all = { .limit = 10 }, of = { .tenant = ACME };
    const struct yg_desk_by *by[] = { &w->other, &w->nobody };
    struct yg_desk_notes rows;

    for (size_t i = 0; i < 2; i++) {
        assert_status(YG_ENOTFOUND,
                      yg_desk_note_get(w->d, by[i], n.number, &w->arena, &out, &w->err));
        assert_status(YG_ENOTFOUND, yg_desk_note_put(w->d, by[i], &n, &w->err));
        assert_status(YG_ENOTFOUND, yg_desk_note_remove(w->d, by[i], n.number, &w->err));
        assert_status(YG_ENOTFOUND, yg_desk_note_history(w->d, by[i], n.number, &w->arena,
                                                         &rows, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_desk_note_at(w->d, by[i], &at, &w->arena, &rows, &w->err));
        assert_status(YG_ENOTFOUND,
                      yg_desk_note_list(w->d, by[i], &of, &w->arena, &rows, &w->err));
        assert_ok(w, yg_desk_note_list(w->d, by[i], &all, &w->arena, &rows, &w->err));
        assert_int_equal(rows.count, 0);
    }
    assert_ok(w, yg_desk_note_get(w->d, &w->all, n.number, &w->arena, &out, &w->err));
    assert_true(out.version == 1 && !out.gone);
}

static void lists_go_page_by_page(void **state)
{
    struct world *w = *state;
    const struct yg_desk_by two = { YG_STR("x"), &w->both };
    const struct yg_desk_by *by[] = { &w->all, &two };

    for (int i = 0; i < 25; i++)
        add_note(w, i % 3 ? &w->kim : &w->other, YG_NOTE_TENANT, "", "x");
    for (size_t k = 0; k < 2; k++) {
        struct yg_desk_ask ask = { .limit = 10 };
        struct yg_desk_notes page = { .more = true };
        size_t seen = 0;
        while (page.more) {
            assert_ok(w, yg_desk_note_list(w->d, by[k], &ask, &w->arena, &page, &w->err));
            for (size_t i = 0; i < page.count; i++) {
                assert_true(ask.before == 0 || page.row[i].number < ask.before);
                ask.before = page.row[i].number;
            }
            seen += page.count;
        }
        assert_int_equal(seen, 25);
    }
}

/* ---- questions -------------------------------------------------------------------- */

static void a_question_is_answered_once(void **state)
{
    struct world *w = *state;
    struct yg_inquiry q = { .tenant = ACME,
                            .text = YG_STR("Was this a test?"),
                            .due_ns = T0 + DAY };
    struct yg_inquirys list;

    assert_status(YG_EINVAL, yg_inquiry_add(w->d, &w->kim, &q, &q, &w->err));
    memcpy(q.run, run_a, YG_ID_SIZE);
    memcpy(q.alert, alert_a, YG_ID_SIZE);
    assert_ok(w, yg_inquiry_add(w->d, &w->kim, &q, &q, &w->err));
    assert_status(YG_ENOTFOUND,
                  yg_inquiry_answer(w->d, &w->other, q.number, YG_STR("no"), &w->err));
    assert_status(YG_ENOTFOUND, yg_inquiry_withdraw(w->d, &w->other, q.number, &w->err));
    w->clock.manual_ns += HOUR;
    for (size_t i = 0; hostile(i).n > 0; i++)
        assert_status(YG_EINVAL,
                      yg_inquiry_answer(w->d, &w->lee, q.number, hostile(i), &w->err));
    assert_status(YG_EINVAL,
                  yg_inquiry_answer(w->d, &w->lee, q.number, YG_STR(""), &w->err));
    assert_ok(w, yg_inquiry_answer(w->d, &w->lee, q.number, YG_STR("Yes."), &w->err));
    assert_status(YG_EEXIST,
                  yg_inquiry_answer(w->d, &w->lee, q.number, YG_STR("No."), &w->err));
    assert_status(YG_EEXIST, yg_inquiry_withdraw(w->d, &w->kim, q.number, &w->err));
    assert_ok(w, yg_inquiry_get(w->d, &w->kim, q.number, &w->arena, &q, &w->err));
    assert_text(q.answer, "Yes.");
    assert_text(q.ended_by, "lee");
    assert_true(q.state == YG_INQUIRY_ANSWERED && q.ended_ns == T0 + HOUR);
    assert_memory_equal(q.run, run_a, YG_ID_SIZE);
    const struct yg_inquiry_about about[] = { { ACME, alert_a, NULL },
                                              { ACME, alert_b, run_a },
                                              { ACME, alert_b, run_b } };
    for (size_t i = 0; i < 3; i++) {
        assert_ok(w, yg_inquiry_at(w->d, &w->kim, &about[i], &w->arena, &list, &w->err));
        assert_int_equal(list.count, i < 2);
    }
    assert_status(YG_ENOTFOUND,
                  yg_inquiry_at(w->d, &w->other, &about[0], &w->arena, &list, &w->err));
}

static void questions_are_listed_by_state(void **state)
{
    struct world *w = *state;
    struct yg_inquirys list;

    for (int i = 0; i < 6; i++) {
        struct yg_inquiry q = { .tenant = ACME, .text = YG_STR("?"), .due_ns = T0 + DAY };
        memcpy(q.run, run_a, YG_ID_SIZE);
        assert_ok(w, yg_inquiry_add(w->d, &w->kim, &q, &q, &w->err));
        if (i < 3)
            assert_ok(w, yg_inquiry_withdraw(w->d, &w->kim, q.number, &w->err));
        if (i == 3)
            assert_ok(w,
                      yg_inquiry_answer(w->d, &w->kim, q.number, YG_STR("!"), &w->err));
    }
    static const size_t want[] = { 2, 1, 3, 6 };
    for (unsigned s = 0; s <= YG_INQUIRY_STATE_COUNT; s++) {
        const struct yg_inquiry_ask ask = { .state = (enum yg_inquiry_state)s };
        assert_ok(w, yg_inquiry_list(w->d, &w->kim, &ask, &w->arena, &list, &w->err));
        assert_int_equal(list.count, want[s]);
    }
    const struct yg_inquiry_about about = { ACME, alert_a, run_a };
    assert_ok(w, yg_inquiry_at(w->d, &w->kim, &about, &w->arena, &list, &w->err));
    assert_int_equal(list.count, 3);
}

/* ---- claims and clocks ------------------------------------------------------------ */

static void a_claim_is_ones_own_until_it_ends(void **state)
{
    struct world *w = *state;
    struct yg_claim_ask ask = { .run = run_a, .tenant = ACME };
    struct yg_claim_rows list;
    struct yg_claim c;

    assert_status(YG_ENOTFOUND,
                  yg_claim_take(w->d, &w->other, &ask, &w->arena, &c, &w->err));
    assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    assert_true(c.until_ns == T0 + YG_CLAIM_NS);
    assert_status(YG_EEXIST, yg_claim_take(w->d, &w->lee, &ask, &w->arena, &c, &w->err));
    assert_non_null(strstr(w->err.msg, "kim"));
    assert_status(YG_EPERM, yg_claim_release(w->d, &w->lee, &ask, &w->err));
    w->clock.manual_ns += 10 * MINUTE;
    assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    assert_true(c.made_ns == T0 && c.until_ns == T0 + 10 * MINUTE + YG_CLAIM_NS);
    w->clock.manual_ns = c.until_ns - 1;
    assert_status(YG_EEXIST, yg_claim_take(w->d, &w->lee, &ask, &w->arena, &c, &w->err));
    w->clock.manual_ns++;
    assert_ok(w, yg_claim_list(w->d, &w->kim, YG_STR(""), &w->arena, &list, &w->err));
    assert_int_equal(list.count, 0);
    assert_status(YG_ENOTFOUND, yg_claim_release(w->d, &w->kim, &ask, &w->err));
    assert_ok(w, yg_claim_take(w->d, &w->lee, &ask, &w->arena, &c, &w->err));
    assert_text(c.who, "lee");
    ask.over = true;
    assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    assert_text(c.who, "kim");
    assert_true(c.made_ns == w->clock.manual_ns);
    assert_ok(w, yg_claim_list(w->d, &w->lee, YG_STR("kim"), &w->arena, &list, &w->err));
    assert_int_equal(list.count, 1);
    assert_ok(w, yg_claim_list(w->d, &w->other, YG_STR(""), &w->arena, &list, &w->err));
    assert_int_equal(list.count, 0);
    assert_ok(w, yg_claim_release(w->d, &w->lee, &ask, &w->err));
}

static void a_claim_lives_while_one_works(void **state)
{
    struct world *w = *state;
    const struct yg_claim_ask ask = { .run = run_a, .tenant = ACME };
    struct yg_claim_rows list;
    struct yg_claim c;

    assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    for (int i = 0; i < 10; i++) {
        w->clock.manual_ns += 20 * MINUTE;
        assert_ok(w, yg_duty_looked(w->d, &w->kim, run_a, ACME, &w->err));
    }
    w->clock.manual_ns += 20 * MINUTE; /* another's look keeps nothing */
    assert_ok(w, yg_duty_looked(w->d, &w->lee, run_a, ACME, &w->err));
    assert_ok(w, yg_claim_done(w->d, &w->lee, run_a, &w->err));
    assert_ok(w, yg_claim_list(w->d, &w->kim, YG_STR(""), &w->arena, &list, &w->err));
    assert_true(list.count == 1 &&
                list.row[0].until_ns == w->clock.manual_ns + 10 * MINUTE);
    assert_ok(w, yg_claim_done(w->d, &w->kim, run_a, &w->err));
    assert_ok(w, yg_claim_done(w->d, &w->kim, run_a, &w->err));
    assert_ok(w, yg_claim_list(w->d, &w->kim, YG_STR(""), &w->arena, &list, &w->err));
    assert_int_equal(list.count, 0);
    assert_status(YG_ENOTFOUND, yg_duty_looked(w->d, &w->other, run_a, ACME, &w->err));
}

static void nobody_claims_everything(void **state)
{
    struct world *w = *state;
    unsigned char run[YG_ID_SIZE] = { 0 };
    struct yg_claim_ask ask = { .run = run, .tenant = ACME };
    struct yg_claim c;

    for (int i = 0; i < YG_CLAIMS_MAX; i++) {
        run[0] = (unsigned char)i;
        assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    }
    run[1] = 1;
    assert_status(YG_ELIMIT, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
    assert_ok(w, yg_claim_take(w->d, &w->lee, &ask, &w->arena, &c, &w->err));
    run[1] = 0;
    assert_ok(w, yg_claim_take(w->d, &w->kim, &ask, &w->arena, &c, &w->err));
}

static struct yg_duty duty(struct world *w, struct yg_duty_run r)
{
    const struct yg_duty_ask ask = { &r, 1 };
    struct yg_duty *out;

    assert_ok(w, yg_duty_of(w->d, &w->kim, &ask, &w->arena, &out, &w->err));
    return out[0];
}

static void clocks_run_by_tenant_and_level(void **state)
{
    struct world *w = *state;
    struct yg_duty_run r = { .run = run_a, .tenant = ACME, .first_ns = T0, .level = 4 };
    struct yg_clock_target t = { .tenant = ACME,
                                 .level = YG_LEVEL_L4,
                                 .look_ns = 5 * MINUTE,
                                 .verdict_ns = 10 * MINUTE };
    struct yg_clock_targets all;

    assert_true(duty(w, r).look_due_ns == T0 + 15 * MINUTE);
    assert_ok(w, yg_clock_target_put(w->d, &w->kim, &t, &w->err));
    assert_status(YG_ENOTFOUND, yg_clock_target_put(w->d, &w->other, &t, &w->err));
    assert_ok(w, yg_clock_target_list(w->d, &w->kim, ACME, &w->arena, &all, &w->err));
    assert_int_equal(all.count, 6);
    assert_true(all.row[4].own && !all.row[3].own && all.row[4].look_ns == 5 * MINUTE);
    struct yg_duty u = duty(w, r);
    assert_true(u.look_due_ns == T0 + 5 * MINUTE && u.verdict_due_ns == T0 + 10 * MINUTE);
    assert_true(!u.look_late && !u.verdict_late);
    w->clock.manual_ns = T0 + 5 * MINUTE;
    assert_ok(w, yg_duty_looked(w->d, &w->kim, run_a, ACME, &w->err));
    w->clock.manual_ns = T0 + 11 * MINUTE;
    assert_ok(w, yg_duty_looked(w->d, &w->lee, run_a, ACME, &w->err));
    u = duty(w, r);
    assert_text(u.looked_by, "kim");
    assert_true(!u.look_late && u.verdict_late && u.looked_ns == T0 + 5 * MINUTE);
    r.judged_ns = T0 + 9 * MINUTE;
    assert_true(!duty(w, r).verdict_late);
    r.run = run_b; /* nobody looked, somebody judged */
    assert_true(duty(w, r).look_late && !duty(w, r).verdict_late);
    t.look_ns = t.verdict_ns = 0;
    assert_ok(w, yg_clock_target_put(w->d, &w->kim, &t, &w->err));
    assert_true(duty(w, r).look_due_ns == T0 + 15 * MINUTE);
    t.look_ns = 2;
    assert_status(YG_EINVAL, yg_clock_target_put(w->d, &w->kim, &t, &w->err));
    t = (struct yg_clock_target){
        .tenant = ACME, .level = 77, .look_ns = HOUR, .verdict_ns = HOUR
    };
    assert_status(YG_EINVAL, yg_clock_target_put(w->d, &w->kim, &t, &w->err));
}

static void what_is_judged_blind_has_one_clock(void **state)
{
    struct world *w = *state;
    const struct yg_clock_target t = { .tenant = ACME,
                                       .level = YG_LEVEL_L4,
                                       .look_ns = 5 * MINUTE,
                                       .verdict_ns = 10 * MINUTE };
    struct yg_duty first = { .look_due_ns = 0 };

    assert_ok(w, yg_clock_target_put(w->d, &w->kim, &t, &w->err));
    for (unsigned level = 0; level <= YG_LEVEL_COUNT; level++) {
        const struct yg_duty_run r = { .run = run_a,
                                       .tenant = ACME,
                                       .first_ns = T0,
                                       .blind = true,
                                       .level = level < YG_LEVEL_COUNT ? (uint8_t)level
                                                                       : YG_LEVEL_NONE };
        struct yg_duty u = duty(w, r);
        if (level == 0)
            first = u;
        assert_memory_equal(&u, &first, sizeof(u));
    }
}

static void many_rows_of_a_queue(void **state)
{
    static unsigned char id[70][YG_ID_SIZE];
    static struct yg_duty_run run[70];
    struct world *w = *state;
    struct yg_duty *out;

    for (size_t i = 0; i < 70; i++) {
        id[i][0] = (unsigned char)(i + 1);
        run[i] = (struct yg_duty_run){ .run = id[i],
                                       .tenant = i % 2 ? ACME : ZETA,
                                       .first_ns = INT64_MAX - (int64_t)i };
        const struct yg_claim_ask ask = { .run = id[i], .tenant = run[i].tenant };
        struct yg_claim c;
        if (i % 3 == 0)
            assert_ok(w, yg_claim_take(w->d, &w->all, &ask, &w->arena, &c, &w->err));
    }
    const struct yg_duty_ask ask = { run, 70 };
    assert_ok(w, yg_duty_of(w->d, &w->all, &ask, &w->arena, &out, &w->err));
    for (size_t i = 0; i < 70; i++) {
        assert_true((out[i].claimed_by.n > 0) == (i % 3 == 0));
        assert_true((out[i].looked_ns != 0) == (i % 3 == 0));
        assert_true(out[i].look_due_ns == INT64_MAX);
    }
    assert_status(YG_ENOTFOUND,
                  yg_duty_of(w->d, &w->kim, &ask, &w->arena, &out, &w->err));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(a_note_is_kept_in_all_its_versions),
        CASE(a_note_is_changed_so_often),
        CASE(notes_that_cannot_be),
        CASE(notes_of_others_do_not_exist),
        CASE(lists_go_page_by_page),
        CASE(a_question_is_answered_once),
        CASE(questions_are_listed_by_state),
        CASE(a_claim_is_ones_own_until_it_ends),
        CASE(a_claim_lives_while_one_works),
        CASE(nobody_claims_everything),
        CASE(clocks_run_by_tenant_and_level),
        CASE(what_is_judged_blind_has_one_clock),
        CASE(many_rows_of_a_queue),
    };

    return run_cases("desk", cases, YG_ARRAY_LEN(cases));
}
