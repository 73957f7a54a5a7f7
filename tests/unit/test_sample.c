/* SPDX-License-Identifier: Apache-2.0 */
/* The sample generator: what it writes is well formed, repeatable and not too easy. */
#include "sample_util.h"

#include "base/hash.h"
#include "conf/mapping.h"

#include <dirent.h>

/* Digest of all files below `dir`, names included, in order of name. */
static void digest_add(struct yg_digest *d, const char *dir);

static void digest_one(struct yg_digest *d, const char *dir, const char *name)
{
    char path[512];
    struct stat st;

    if (name[0] == '.')
        return;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(stat(path, &st), 0);
    yg_digest_add(d, name, strlen(name));
    if (S_ISDIR(st.st_mode)) {
        digest_add(d, path);
        return;
    }
    struct text t = slurp(path);
    yg_digest_add(d, t.p, t.n);
    free(t.p);
}

static void digest_add(struct yg_digest *d, const char *dir)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphasort);

    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        digest_one(d, dir, list[i]->d_name);
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

/* Compilers, processors and libraries must agree on the bytes. Another digest is right
 * only if the tables or texts of src/sample were changed. */
static void bytes_are_those_of_every_machine(void **state)
{
    static const char want[] =
        "d063fcbfed51a1aa4e37b46a2673d79a3eacfc48571377a4b443e3e90f1641ac";
    unsigned char got[YG_DIGEST_SIZE];
    char hex[2 * YG_DIGEST_SIZE + 1];

    (void)state;
    digest_of(1, false, got);
    yg_hex(got, sizeof(got), hex);
    assert_string_equal(hex, want);
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

/* Brackets outside strings, innermost last. */
struct nest {
    char open[32];
    size_t depth;
};

static bool bracket(struct nest *n, char c)
{
    if (c == '{' || c == '[') {
        if (n->depth == sizeof(n->open))
            return false;
        n->open[n->depth++] = c;
    } else if (c == '}' || c == ']') {
        if (n->depth == 0 || n->open[--n->depth] != (c == '}' ? '{' : '['))
            return false;
    }
    return true;
}

/* After the opening quote at `i`: where the closing one stands, 0 if it is no string. */
static size_t string_end(struct yg_str s, size_t i)
{
    for (i++; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\' && (++i >= s.n || !strchr("\"\\/bfnrtu", s.p[i])))
            return 0;
    return i < s.n ? i : 0;
}

/* Is it one JSON object with even brackets, good escapes, plain ASCII? */
static bool looks_like_json(struct yg_str s)
{
    struct nest n = { .depth = 0 };

    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] > 0x7e)
            return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!bracket(&n, s.p[i]) || (n.depth == 0 && i + 1 != s.n))
            return false;
        if (s.p[i] == '"' && (i = string_end(s, i)) == 0)
            return false;
    }
    return s.n > 2 && s.p[0] == '{' && n.depth == 0;
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

/* Alerts of one sensor file that were checked. */
static size_t check_packets(struct text file)
{
    struct yg_str rest = { file.p, file.n };
    size_t seen = 0;

    while (rest.p) {
        struct yg_str line = yg_str_cut(&rest, '\n');
        if (!memmem(line.p, line.n, "\"event_type\":\"alert\"", 20))
            continue;
        assert_in_range(line.n, 500, 4000);
        check_packet(line);
        seen++;
    }
    return seen;
}

static void packets_have_right_checksums(void **state)
{
    const struct set *s = *state;
    size_t seen = 0;

    for (int d = 0; d < 3; d++) {
        struct text file = day_file(s, 0, d, "eve.json");
        seen += check_packets(file);
        free(file.p);
    }
    assert_true(seen > 100);
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
        cmocka_unit_test(bytes_are_those_of_every_machine),
        cmocka_unit_test(wrong_parameters),
        cmocka_unit_test(counts_are_near),
        cmocka_unit_test(lines_are_well_formed),
        cmocka_unit_test(packets_have_right_checksums),
        cmocka_unit_test(mappings_are_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(test, set_up, tear_down);
}
