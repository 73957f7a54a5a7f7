/* SPDX-License-Identifier: Apache-2.0 */
/* The sample's ground truth: attacks hide in noise and no rule on signatures finds them.
 */
#include "sample_util.h"

#include "base/hash.h"
#include "base/map.h"

static const char *const device_file[] = { "eve.json", "wazuh.json", "firewall.csv" };

/* An alert as a signature rule sees it. */
struct alert {
    uint64_t signature;
    uint32_t incident; /* 0: none */
    unsigned level, device;
    bool late;
};

static struct alert all[ALERTS * 2];
static size_t all_count;

static uint64_t signature_of(struct yg_str line, unsigned device)
{
    struct yg_str id = after(line, "\"signature_id\":", ",");

    if (device == 1)
        id = after(line, "\",\"id\":\"", "\"");
    for (int i = 0; device == 2 && i < 3; i++)
        id = yg_str_cut(&line, ',');
    assert_true(id.n > 0);
    return yg_hash_str(device, id);
}

/* Verdicts come in order of time, those of a file in order of line: a file's lines are
 * found by a pointer that only moves on. */
struct reader {
    struct text file;
    struct yg_str rest, line;
    uint64_t at;
};

static struct yg_str line_number(struct reader *r, uint64_t want)
{
    for (; r->at < want; r->at++) {
        assert_non_null(r->rest.p);
        r->line = yg_str_cut(&r->rest, '\n');
    }
    return r->line;
}

static void load_tenant(const struct set *s, int t)
{
    struct reader reader[DAYS][3];
    char path[256];

    for (int d = 0; d < DAYS; d++)
        for (unsigned f = 0; f < 3; f++) {
            struct text file = day_file(s, t, d, device_file[f]);
            reader[d][f] = (struct reader){ file, { file.p, file.n }, { "", 0 }, 0 };
        }
    snprintf(path, sizeof(path), "%s/%s/verdicts.csv", s->dir, tenant[t]);
    struct text verdicts = slurp(path);
    struct yg_str rest = { verdicts.p, verdicts.n - 1 };
    yg_str_cut(&rest, '\n');
    while (rest.p) {
        struct yg_str row = yg_str_cut(&rest, '\n'), file = yg_str_cut(&row, ',');
        struct alert *a = &all[all_count++];
        uint64_t day = 0, number = 0, incident = 0;
        enum yg_level level = YG_LEVEL_NONE;
        assert_true(all_count <= YG_ARRAY_LEN(all));
        assert_true(yg_str_u64((struct yg_str){ file.p + 4, 2 }, &day));
        assert_true(yg_str_u64(yg_str_cut(&row, ','), &number));
        assert_true(yg_level_of(yg_str_cut(&row, ','), &level));
        yg_str_cut(&row, ',');
        struct yg_str name = yg_str_cut(&row, ',');
        if (name.n > 0)
            assert_true(yg_str_u64((struct yg_str){ name.p + name.n - 5, 5 }, &incident));
        unsigned device = file.p[7] == 'e' ? 0 : file.p[7] == 'w' ? 1 : 2;
        struct yg_str line = line_number(&reader[day - 1][device], number);
        *a = (struct alert){ .signature = signature_of(line, device),
                             .incident =
                                 incident ? (uint32_t)(t * 1000 + (int)incident) : 0,
                             .level = level,
                             .device = device,
                             .late = day > DAYS / 2 };
    }
    free(verdicts.p);
    for (int d = 0; d < DAYS; d++)
        for (unsigned f = 0; f < 3; f++)
            free(reader[d][f].file.p);
}

static void load(const struct set *s)
{
    all_count = 0;
    for (int t = 0; t < TENANTS; t++)
        load_tenant(s, t);
    assert_int_equal(all_count, s->counts.alerts);
}

enum { SEEN_IN_ATTACK = 1, SEEN_IN_NOISE = 2 };

static void mark(struct yg_map *m, uint64_t key, uint64_t bits)
{
    uint64_t *v = yg_map_put(m, key, NULL);

    assert_non_null(v);
    *v |= bits;
}

static void naive_rule_loses_threats(void **state)
{
    struct yg_map trained, lost, kept;
    size_t wholly = 0, at = 0;
    uint64_t key, value;

    load(*state);
    yg_map_init(&trained, 4096);
    yg_map_init(&lost, 4096);
    yg_map_init(&kept, 4096);
    for (size_t i = 0; i < all_count; i++)
        if (!all[i].late && all[i].level >= YG_LEVEL_L3)
            mark(&trained, all[i].signature, 1);
    for (size_t i = 0; i < all_count; i++) {
        if (!all[i].late || all[i].level < YG_LEVEL_L3)
            continue;
        assert_true(all[i].incident > 0);
        mark(yg_map_get(&trained, all[i].signature) ? &kept : &lost, all[i].incident, 1);
    }
    while (yg_map_next(&lost, &at, &key, &value))
        wholly += yg_map_get(&kept, key) == NULL;
    print_message("# naive rule: %zu threats lost, %zu of them wholly\n",
                  yg_map_count(&lost), wholly);
    assert_true(yg_map_count(&lost) >= 3);
    assert_true(wholly >= 1);
    yg_map_fini(&trained);
    yg_map_fini(&lost);
    yg_map_fini(&kept);
}

static void attacks_hide_in_noise(void **state)
{
    struct yg_map noise, devices, size;
    size_t protected_alerts = 0, shared = 0, many = 0, quiet = 0, loud = 0, at = 0;
    uint64_t key, value;

    load(*state);
    yg_map_init(&noise, 4096);
    yg_map_init(&devices, 4096);
    yg_map_init(&size, 4096);
    for (size_t i = 0; i < all_count; i++) {
        if (all[i].incident == 0) {
            assert_true(all[i].level <= YG_LEVEL_L2);
            mark(&noise, all[i].signature, SEEN_IN_NOISE);
            continue;
        }
        mark(&devices, all[i].incident, UINT64_C(1) << all[i].device);
        ++*yg_map_put(&size, all[i].incident, NULL);
    }
    for (size_t i = 0; i < all_count; i++) {
        protected_alerts += all[i].level >= YG_LEVEL_L3;
        shared += all[i].level >= YG_LEVEL_L3 && yg_map_get(&noise, all[i].signature);
    }
    while (yg_map_next(&devices, &at, &key, &value))
        many += (value & (value - 1)) != 0;
    for (at = 0; yg_map_next(&size, &at, &key, &value);) {
        quiet += value <= 5;
        loud += value >= 8;
    }
    print_message(
        "# %zu of %zu protected alerts share a signature with noise; %zu of %zu "
        "threats on several devices; %zu quiet, %zu loud\n",
        shared, protected_alerts, many, yg_map_count(&devices), quiet, loud);
    assert_true(shared * 10 >= protected_alerts * 8);
    assert_true(many * 3 >= yg_map_count(&devices) * 2);
    assert_true(quiet >= 10 && loud >= 5);
    yg_map_fini(&noise);
    yg_map_fini(&devices);
    yg_map_fini(&size);
}

int main(void)
{
    const struct CMUnitTest test[] = {
        cmocka_unit_test(naive_rule_loses_threats),
        cmocka_unit_test(attacks_hide_in_noise),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(test, set_up, tear_down);
}
