/* SPDX-License-Identifier: Apache-2.0 */
/* The sample generator: what it writes is well formed, repeatable and not too easy. */
#include "sample/sample.h"

#include "base/hash.h"
#include "base/map.h"
#include "conf/mapping.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TENANTS 3
#define DAYS    10
#define ALERTS  24000
#define THREATS 90

static const char *const device_file[] = { "eve.json", "wazuh.json", "firewall.csv" };

struct text {
    char *p;
    size_t n;
};

static struct text slurp(const char *path)
{
    struct text t = { NULL, 0 };
    FILE *f = fopen(path, "rb");
    struct stat st;

    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    t.p = malloc((size_t)st.st_size + 1);
    assert_non_null(t.p);
    t.n = fread(t.p, 1, (size_t)st.st_size, f);
    t.p[t.n] = '\0';
    fclose(f);
    return t;
}

static char *fresh_dir(char out[64])
{
    snprintf(out, 64, "/tmp/yg-sample-XXXXXX");
    assert_non_null(mkdtemp(out));
    return out;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_dir(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct yg_sample_counts write_ok(const char *dir, uint64_t seed, bool gzip)
{
    struct yg_sample_counts counts;
    struct yg_err err = { 0 };
    struct yg_sample_params p = { .dir = dir,
                                  .seed = seed,
                                  .tenants = TENANTS,
                                  .days = DAYS,
                                  .alerts = ALERTS,
                                  .threats = THREATS,
                                  .gzip = gzip,
                                  .counts = &counts };

    if (yg_sample_write(&p, &err) != YG_OK)
        fail_msg("%s: %s", err.path, err.msg);
    return counts;
}

/* Digest of all files below `dir`, names included, in order of name. */
static void digest_add(struct yg_digest *d, const char *dir)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphasort);

    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
        assert_int_equal(stat(path, &st), 0);
        if (list[i]->d_name[0] != '.') {
            yg_digest_add(d, list[i]->d_name, strlen(list[i]->d_name));
            if (S_ISDIR(st.st_mode)) {
                digest_add(d, path);
            } else {
                struct text t = slurp(path);
                yg_digest_add(d, t.p, t.n);
                free(t.p);
            }
        }
        free(list[i]);
    }
    free(list);
}

static void digest_of(uint64_t seed, bool gzip, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;
    char dir[64];

    write_ok(fresh_dir(dir), seed, gzip);
    yg_digest_init(&d);
    digest_add(&d, dir);
    yg_digest_done(&d, out);
    remove_dir(dir);
}

static void same_seed_same_bytes(void **state)
{
    unsigned char a[YG_DIGEST_SIZE], b[YG_DIGEST_SIZE], c[YG_DIGEST_SIZE];

    (void)state;
    digest_of(7, false, a);
    digest_of(7, false, b);
    digest_of(8, false, c);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
    digest_of(7, true, a);
    digest_of(7, true, b);
    assert_memory_equal(a, b, sizeof(a));
}

static void wrong_parameters(void **state)
{
    static const struct {
        const char *name;
        struct yg_sample_params p;
        enum yg_status want;
    } c[] = {
        { "no directory", { .tenants = 1, .days = 1 }, YG_EINVAL },
        { "no tenant", { .dir = "x", .days = 1 }, YG_EINVAL },
        { "too many tenants", { .dir = "x", .tenants = 1001, .days = 1 }, YG_EINVAL },
        { "no day", { .dir = "x", .tenants = 1 }, YG_EINVAL },
        { "alerts",
          { .dir = "x", .tenants = 1, .days = 1, .alerts = 9000000 },
          YG_EINVAL },
        { "threats",
          { .dir = "x", .tenants = 1, .days = 1, .threats = 20000 },
          YG_EINVAL },
        { "not empty", { .dir = "/", .tenants = 1, .days = 1 }, YG_EEXIST },
        { "no parent", { .dir = "/no/such/place", .tenants = 1, .days = 1 }, YG_EIO },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_err err = { 0 };
        enum yg_status st = yg_sample_write(&c[i].p, &err);
        if (st != c[i].want && !(c[i].want == YG_EIO && st == YG_ENOTFOUND))
            fail_msg("%s: %s", c[i].name, yg_status_name(st));
        assert_true(err.msg[0] != '\0');
    }
}

/* One written data set that the following tests look at. */
struct set {
    char dir[64];
    struct yg_sample_counts counts;
};

static int set_up(void **state)
{
    static struct set s;

    s.counts = write_ok(fresh_dir(s.dir), 42, false);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    const struct set *s = *state;

    remove_dir(s->dir);
    return 0;
}

static const char *const tenant[TENANTS] = { "aoba-01", "birch-02", "cedar-03" };

static struct text day_file(const struct set *s, int t, int day, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s/day-%02d/%s", s->dir, tenant[t], day + 1, name);
    return slurp(path);
}

static void counts_are_near(void **state)
{
    const struct set *s = *state;
    uint64_t sum = 0;

    assert_in_range(s->counts.alerts, ALERTS * 95 / 100, ALERTS * 105 / 100);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++) {
        assert_true(s->counts.level[i] > 0);
        sum += s->counts.level[i];
    }
    assert_int_equal(sum, s->counts.alerts);
    assert_in_range(s->counts.threats, THREATS * 9 / 10, THREATS);
    assert_true(s->counts.context > 0);
}

/* Is it one JSON object with even brackets, good escapes, no control characters? */
static bool looks_like_json(struct yg_str s)
{
    char open[32];
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
            return false;
        if (in_string && c == '\\') {
            if (++i >= s.n || !strchr("\"\\/bfnrtu", s.p[i]))
                return false;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            if (depth == sizeof(open))
                return false;
            open[depth++] = c;
        } else if (!in_string && (c == '}' || c == ']')) {
            if (depth == 0 || open[--depth] != (c == '}' ? '{' : '['))
                return false;
            if (depth == 0 && i + 1 != s.n)
                return false;
        }
    }
    return s.n > 2 && s.p[0] == '{' && depth == 0 && !in_string;
}

static void check_lines(struct text t, const char *name)
{
    struct yg_str rest = { t.p, t.n };
    bool json = !strstr(name, ".csv");

    assert_int_equal(t.p[t.n - 1], '\n');
    rest.n--;
    while (rest.p) {
        struct yg_str line = yg_str_cut(&rest, '\n');
        unsigned commas = 0;
        for (size_t i = 0; i < line.n; i++)
            commas += line.p[i] == ',';
        if (json ? !looks_like_json(line) : commas != 14)
            fail_msg("%s: %.*s", name, (int)line.n, line.p);
    }
}

static void lines_are_well_formed(void **state)
{
    static const char *const name[] = { "eve.json", "wazuh.json", "firewall.csv",
                                        "access.log" };
    const struct set *s = *state;

    for (int t = 0; t < TENANTS; t++)
        for (int d = 0; d < DAYS; d++)
            for (size_t f = 0; f < YG_ARRAY_LEN(name); f++) {
                struct text file = day_file(s, t, d, name[f]);
                if (file.n > 0)
                    check_lines(file, name[f]);
                free(file.p);
            }
}

/* What stands after `key` up to one of `stop`; {NULL, 0}: no such key. */
static struct yg_str after(struct yg_str line, const char *key, const char *stop)
{
    char *at = memmem(line.p, line.n, key, strlen(key));

    if (!at)
        return YG_STR_NONE;
    at += strlen(key);
    size_t n = 0;
    while (at + n < line.p + line.n && !strchr(stop, at[n]))
        n++;
    return (struct yg_str){ at, n };
}

static size_t unbase64(struct yg_str s, unsigned char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t v = 0;
    unsigned bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
        const char *at = strchr(alphabet, s.p[i]);
        assert_non_null(at);
        v = v << 6 | (uint32_t)(at - alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (unsigned char)(v >> bits);
        }
    }
    return n;
}

/* RFC 1071 over a region that holds its own checksum: 0xffff when right. */
static unsigned sum_of(const unsigned char *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum += i & 1 ? (uint32_t)p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void check_packet(struct yg_str line)
{
    unsigned char p[4096] = { 0 };
    struct yg_str text = after(line, "\"packet\":\"", "\""),
                  ip = after(line, "\"src_ip\":\"", "\"");
    char want[32];

    assert_in_range(text.n, 1, sizeof(p));
    size_t n = unbase64(text, p);
    assert_true(n >= 42 && p[12] == 0x08 && p[13] == 0x00 && p[14] == 0x45);
    size_t total = (size_t)p[16] << 8 | p[17];
    assert_int_equal(total, n - 14);
    assert_int_equal(sum_of(p + 14, 20, 0), 0xffff);
    uint32_t pseudo = p[23] + (uint32_t)(total - 20);
    for (int i = 26; i < 34; i += 2)
        pseudo += (uint32_t)p[i] << 8 | p[i + 1];
    assert_int_equal(sum_of(p + 34, total - 20, pseudo), 0xffff);
    snprintf(want, sizeof(want), "%u.%u.%u.%u", p[26], p[27], p[28], p[29]);
    assert_int_equal(ip.n, strlen(want));
    assert_memory_equal(ip.p, want, ip.n);
}

static void packets_have_right_checksums(void **state)
{
    const struct set *s = *state;
    size_t seen = 0;

    for (int d = 0; d < 3; d++) {
        struct text file = day_file(s, 0, d, "eve.json");
        struct yg_str rest = { file.p, file.n };
        while (rest.p) {
            struct yg_str line = yg_str_cut(&rest, '\n');
            if (memmem(line.p, line.n, "\"event_type\":\"alert\"", 20)) {
                assert_in_range(line.n, 500, 4000);
                check_packet(line);
                seen++;
            }
        }
        free(file.p);
    }
    assert_true(seen > 100);
}

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

static void mappings_are_read(void **state)
{
    static const struct {
        const char *file;
        enum yg_map_shape shape;
        bool log;
    } c[] = { { "firewall.map.yaml", YG_MAP_DELIMITED, false },
              { "web.map.yaml", YG_MAP_JSONL, true } };
    const struct set *s = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        const struct yg_mapping *m;
        struct yg_err err = { 0 };
        struct yg_arena arena;
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", s->dir, c[i].file);
        struct text t = slurp(path);
        yg_arena_init(&arena, 1U << 20);
        if (yg_mapping_parse(&arena, path, (struct yg_str){ t.p, t.n }, &m, &err) !=
            YG_OK)
            fail_msg("%s:%d:%d: %s", c[i].file, err.line, err.column, err.msg);
        assert_int_equal(m->shape, c[i].shape);
        assert_int_equal(m->log, c[i].log);
        yg_arena_fini(&arena);
        free(t.p);
    }
}

int main(void)
{
    const struct CMUnitTest test[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(wrong_parameters),
        cmocka_unit_test(counts_are_near),
        cmocka_unit_test(lines_are_well_formed),
        cmocka_unit_test(packets_have_right_checksums),
        cmocka_unit_test(naive_rule_loses_threats),
        cmocka_unit_test(attacks_hide_in_noise),
        cmocka_unit_test(mappings_are_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(test, set_up, tear_down);
}
