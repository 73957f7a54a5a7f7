/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/products/ says product by product what becomes of its records: every field that
 * must be set, and none that is not listed. Two ways in: the decoder of any devices, and
 * the dialect alone (`--format NAME`), which must agree. No dialect is without a record.
 *
 * YAGURA_SHOW=1 prints the blocks as they come out: how a new record's are begun. They
 * are to be read against the product's documentation, not believed.
 */
#include "decode_fixture.h"

#include "base/clock.h"
#include "decode/log.h"

#include <dirent.h>

#define FOLDER   "tests/products"
#define RECEIVED INT64_C(1767571200000000000) /* 2026-01-05T00:00:00Z */
#define TEXT_MAX (256U << 10)
#define SEEN_MAX 256

struct block {
    const char *file;
    char name[160], dialect[32], record[8192], is[160], time[64];
    size_t record_n;
    struct yg_str fields; /* the lines "name value", in the file's text */
};

struct run {
    bool show, failed;
    char seen[SEEN_MAX][32]; /* dialects that had a record */
    unsigned blocks;
    size_t seen_count;
};

static struct yg_str line_of(struct yg_str *rest)
{
    return yg_str_cut(rest, '\n');
}

static void keep(char *out, size_t size, struct yg_str s)
{
    assert_true(s.n < size);
    snprintf(out, size, "%.*s", YG_STR_ARG(s));
}

static void add_record_line(struct block *k, struct yg_str line)
{
    if (k->record_n > 0)
        k->record[k->record_n++] = '\n';
    assert_true(k->record_n + line.n + 1 < sizeof(k->record));
    if (line.n > 0)
        memcpy(k->record + k->record_n, line.p, line.n);
    k->record_n += line.n;
}

/* ">" alone: an empty line of the record. */
static bool is_empty_line(struct yg_str *line)
{
    return line->n == 1 && yg_eat(line, ">");
}

/* The next block: a line "= name (dialect)", "> " before each line of the record, "is",
 * "time", then fields up to a blank line. False: no more. */
static bool next_block(struct yg_str *rest, struct block *k)
{
    struct yg_str line = YG_STR_NONE, name;
    const char *begin;

    while (rest->n > 0 && !yg_eat(&line, "= "))
        line = line_of(rest);
    if (rest->n == 0)
        return false;
    *k = (struct block){ .file = k->file };
    assert_true(yg_until(&line, " (", &name) && line.n > 1);
    keep(k->name, sizeof(k->name), name);
    keep(k->dialect, sizeof(k->dialect), yg_str_cut(&line, ')'));
    for (begin = rest->p; rest->n > 0; begin = rest->p) {
        line = line_of(rest);
        if (yg_eat(&line, "> ") || is_empty_line(&line))
            add_record_line(k, line);
        else if (yg_eat(&line, "is "))
            keep(k->is, sizeof(k->is), line);
        else if (yg_eat(&line, "time "))
            keep(k->time, sizeof(k->time), line);
        else
            break;
    }
    while (line.n > 0 && rest->n > 0)
        line = line_of(rest);
    k->fields = (struct yg_str){ begin, (size_t)(rest->p - begin) };
    return true;
}

/* "alert firewall FortiGate": kind, device and product; why it was not read whole. */
static const char *is_text(const struct fixture *f, const struct yg_event *e,
                           char out[1024])
{
    static const char *const kind[] = { "alert", "context", "undecodable", "skip" };
    struct yg_str product = yg_event_str(f->b, e, YG_F_OBSERVER_PRODUCT);
    bool whole = e->reason == YG_R_NONE || e->reason == YG_R_NO_TIME;

    snprintf(out, 1024, "%s %s%s%.*s%s%s", kind[e->kind], yg_device_name(e->device),
             product.n ? " " : "", YG_STR_ARG(product), whole ? "" : " !",
             whole ? "" : yg_reason_name(e->reason));
    return out;
}

static const char *time_text(const struct yg_event *e, char out[64])
{
    int at = e->offset_min < 0 ? -e->offset_min : e->offset_min;
    char text[YG_TIME_TEXT_MAX], zone[24] = "";

    if (e->reason == YG_R_NO_TIME)
        return "-";
    if (e->offset_min)
        snprintf(zone, sizeof(zone), " %c%02d:%02d", e->offset_min < 0 ? '-' : '+',
                 at / 60, at % 60);
    snprintf(out, 64, "%s%s", yg_time_text(e->time_ns, text), zone);
    return out;
}

/* Not compared unless listed: it is the record itself where nothing shorter stands. */
static bool is_listed(unsigned f)
{
    return f != YG_F_MESSAGE && f != YG_F_OBSERVER_PRODUCT;
}

static void show(const struct block *k, const struct fixture *f, const struct yg_event *e)
{
    struct yg_str record = { k->record, k->record_n };
    char text[1024], zone[64];

    printf("= %s (%s)\n", k->name, k->dialect);
    while (record.n > 0) {
        struct yg_str line = line_of(&record);
        printf("> %.*s\n", YG_STR_ARG(line));
    }
    printf("is %s\ntime %s\n", is_text(f, e, text), time_text(e, zone));
    for (unsigned i = 0; i < YG_FIELD_COUNT; i++)
        if (yg_event_has(e, (enum yg_field)i) && is_listed(i))
            printf("%s %s\n", yg_field_info[i].name,
                   fixture_text(f, e, (enum yg_field)i, text));
    printf("\n");
}

static void want(struct run *r, const struct block *k, const char *what, const char *got,
                 const char *text)
{
    if (strcmp(got, text) == 0)
        return;
    print_message("# %s: %s: %s is '%s', not '%s'\n", k->file, k->name, what, got, text);
    r->failed = true;
}

static void compare(struct run *r, const struct block *k, const struct fixture *f,
                    const struct yg_event *e)
{
    struct yg_str rest = k->fields;
    bool listed[YG_FIELD_COUNT] = { false };
    char text[1024], value[1024], zone[64];

    want(r, k, "it", is_text(f, e, text), k->is);
    want(r, k, "time", time_text(e, zone), k->time);
    while (rest.n > 0) {
        struct yg_str line = line_of(&rest), name;
        if (!yg_word(&line, &name))
            continue;
        int field = yg_field_by_name(name);
        if (field < 0)
            print_message("# %s: %s: no field %.*s\n", k->file, k->name,
                          YG_STR_ARG(name));
        assert_true(field >= 0);
        listed[field] = true;
        line = yg_skip_blanks(line);
        snprintf(value, sizeof(value), "%.*s", YG_STR_ARG(line));
        want(r, k, yg_field_info[field].name,
             fixture_text(f, e, (enum yg_field)field, text), value);
    }
    for (unsigned i = 0; i < YG_FIELD_COUNT; i++)
        if (is_listed(i) && !listed[i])
            want(r, k, yg_field_info[i].name, fixture_text(f, e, (enum yg_field)i, text),
                 "-");
}

/* One way of reading it; cut short at any length it must do no harm. */
static void read_as(struct run *r, const struct block *k, const char *format)
{
    struct yg_str record = { k->record, k->record_n };
    struct fixture f;

    fixture_begin(&f, format);
    f.source.reference_ns = RECEIVED;
    const struct yg_event *e = fixture_decode(&f, record);
    if (r->show)
        show(k, &f, e);
    else
        compare(r, k, &f, e);
    for (; !r->show && record.n > 0; record.n--)
        (void)fixture_decode(&f, record);
    fixture_end(&f);
}

/* What a carrier brings is only looked at where any device may have written it. */
static bool carries(const struct block *k)
{
    return strstr(k->name, "carried") != NULL;
}

static void read_file(struct run *r, const char *name)
{
    char path[512];
    char *text = calloc(1, TEXT_MAX);

    assert_non_null(text);
    snprintf(path, sizeof(path), FOLDER "/%s", name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    struct yg_str rest = { text, fread(text, 1, TEXT_MAX, in) };
    assert_true(rest.n < TEXT_MAX);
    fclose(in);
    for (struct block k = { .file = name }; next_block(&rest, &k); r->blocks++) {
        read_as(r, &k, "log");
        if (!r->show && !carries(&k))
            read_as(r, &k, k.dialect);
        assert_true(r->seen_count < SEEN_MAX);
        snprintf(r->seen[r->seen_count++], 32, "%s", k.dialect);
    }
    free(text);
}

static int by_text(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_table(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');

    return dot && strcmp(dot, ".txt") == 0;
}

static void products(void **state)
{
    struct run r = { .show = getenv("YAGURA_SHOW") != NULL };
    const char *only = getenv("YAGURA_ONLY");
    struct dirent **entry;

    (void)state;
    int n = scandir(FOLDER, &entry, is_table, by_text);
    if (n < 0)
        print_message("# no %s: tests run in the top folder\n", FOLDER);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (!only || strcmp(only, entry[i]->d_name) == 0)
            read_file(&r, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    for (size_t d = 0; yg_dialects[d] && !only; d++) {
        bool has = false;
        for (size_t i = 0; i < r.seen_count; i++)
            has |= strcmp(r.seen[i], yg_dialects[d]->name) == 0;
        if (!has)
            print_message("# no record of dialect %s\n", yg_dialects[d]->name);
        r.failed |= !has;
    }
    print_message("# %u records, %zu dialects\n", r.blocks, r.seen_count);
    assert_false(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(products) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
