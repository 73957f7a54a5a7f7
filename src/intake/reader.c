/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"

#include "base/hash.h"
#include "conf/mapping.h"
#include "intake/page.h"
#include "intake/segfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_MAX   ((size_t)1 << 30)
#define DAMAGED_MAX 8 /* damaged segments that are kept for a look at them */

struct yg_journal_reader {
    int dirfd;
    struct yg_intake_state *state;
    struct yg_arena arena; /* of the sources */
    struct yg_source source[YG_JOURNAL_SOURCES];
    uint32_t sources;
    uint64_t listed; /* heads of segments up to here were looked at */
    /* the open segment; head.number 0: none */
    struct yg_segfile file;
    struct yg_journal_place place;      /* of the next block */
    uint32_t index[YG_JOURNAL_SOURCES]; /* of the segment's sources in ours */
    uint32_t index_count;
    /* the open block */
    struct yg_cursor records;
    uint64_t block_at;
    uint32_t record, record_count;
    uint32_t seen;  /* the page's count of tellings before the last look */
    bool idle;      /* the last look found nothing */
    uint64_t swept; /* segments before this one were deleted */
    uint64_t damaged[DAMAGED_MAX];
    size_t damaged_count;
};

/* ---- sources ---------------------------------------------------------------------- */

static bool same_source(const struct yg_source *a, const struct yg_source *b)
{
    return yg_str_eq(a->tenant, b->tenant) && yg_str_eq(a->name, b->name) &&
           yg_str_eq(a->format, b->format) && yg_str_eq(a->path, b->path) &&
           yg_str_eq(a->mapping_text, b->mapping_text) &&
           yg_str_eq(a->header, b->header) && a->offset_min == b->offset_min &&
           a->log_source == b->log_source;
}

static bool copy_text(struct yg_arena *a, struct yg_str *s)
{
    *s = yg_arena_str(a, *s);
    return s->p != NULL;
}

static enum yg_status keep_source(struct yg_journal_reader *r, const struct yg_source *s,
                                  struct yg_err *err)
{
    struct yg_source *out = &r->source[r->sources];

    if (r->sources == YG_JOURNAL_SOURCES)
        return yg_err_set(err, YG_ELIMIT, "the journal speaks of more than %d sources",
                          YG_JOURNAL_SOURCES);
    *out = *s;
    if (!copy_text(&r->arena, &out->tenant) || !copy_text(&r->arena, &out->name) ||
        !copy_text(&r->arena, &out->format) || !copy_text(&r->arena, &out->path) ||
        !copy_text(&r->arena, &out->mapping_text) || !copy_text(&r->arena, &out->header))
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal's sources");
    if (out->mapping_text.n > 0) {
        enum yg_status st = yg_mapping_parse(&r->arena, out->name.p, out->mapping_text,
                                             &out->mapping, err);
        if (st != YG_OK)
            return st;
    }
    r->sources++;
    return YG_OK;
}

/* Those of a segment, in `r->source`; `index` (may be NULL): where each is. */
static enum yg_status take_sources(struct yg_journal_reader *r,
                                   const struct yg_segment_head *h, uint32_t *index,
                                   struct yg_err *err)
{
    struct yg_cursor c = yg_cursor_of(h->sources.p, h->sources.n);

    for (uint32_t i = 0; i < h->source_count; i++) {
        struct yg_source s;
        uint32_t at = 0;
        enum yg_status st = YG_OK;
        if (!yg_segment_source_get(&c, &s))
            return yg_err_set(err, YG_ECORRUPT, "sources of segment %llu are damaged",
                              (unsigned long long)h->number);
        while (at < r->sources && !same_source(&s, &r->source[at]))
            at++;
        if (at == r->sources)
            st = keep_source(r, &s, err);
        if (st != YG_OK)
            return st;
        if (index)
            index[i] = at;
    }
    return YG_OK;
}

enum yg_status yg_journal_sources(struct yg_journal_reader *r,
                                  const struct yg_source **out, uint32_t *count,
                                  struct yg_err *err)
{
    uint64_t *list = NULL;
    size_t n = 0;
    enum yg_status st = yg_segfile_list(r->dirfd, &list, &n, err);

    for (size_t i = 0; i < n && st == YG_OK; i++) {
        struct yg_segfile f;
        if (list[i] < r->place.segment || list[i] <= r->listed)
            continue;
        st = yg_segfile_open(&f, r->dirfd, list[i], err);
        if (st == YG_OK)
            st = take_sources(r, &f.head, NULL, err);
        if (st == YG_OK)
            r->listed = list[i];
        yg_segfile_close(&f);
        if (st == YG_ECORRUPT || st == YG_ENOTFOUND)
            st = YG_OK; /* next says so; or one that is being begun */
    }
    free(list);
    if (st == YG_OK) {
        *out = r->source;
        *count = r->sources;
    }
    return st;
}

/* ---- opening ---------------------------------------------------------------------- */

enum yg_status yg_journal_reader_open(const char *dir, struct yg_journal_place from,
                                      struct yg_journal_reader **out, struct yg_err *err)
{
    struct yg_journal_reader *r = calloc(1, sizeof(*r));

    if (!r)
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    r->dirfd = -1;
    r->file.fd = -1;
    r->place = from;
    yg_arena_init(&r->arena, ARENA_MAX);
    enum yg_status st = YG_OK;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        st = yg_err_errno(err, "cannot make the journal's folder %s", dir);
    if (st == YG_OK) {
        r->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (r->dirfd < 0)
            st = yg_err_errno(err, "cannot open the journal's folder %s", dir);
    }
    if (st == YG_OK)
        st = yg_intake_state_open(dir, true, &r->state, err);
    if (st == YG_OK && yg_place_before(yg_page_consumed(r->state), from))
        yg_page_set_consumed(r->state, from);
    if (st == YG_OK)
        *out = r;
    else
        yg_journal_reader_close(r);
    return st;
}

void yg_journal_reader_close(struct yg_journal_reader *r)
{
    if (!r)
        return;
    yg_segfile_close(&r->file);
    yg_intake_state_close(r->state);
    yg_arena_fini(&r->arena);
    if (r->dirfd >= 0)
        close(r->dirfd);
    free(r);
}

/* ---- reading ---------------------------------------------------------------------- */

static void note_damage(struct yg_journal_reader *r, uint64_t number)
{
    for (size_t i = 0; i < r->damaged_count; i++)
        if (r->damaged[i] == number)
            return;
    if (r->damaged_count < DAMAGED_MAX)
        r->damaged[r->damaged_count++] = number;
}

/* The first segment at or after `number` that a writer speaks of. YG_EEND: none. */
static enum yg_status find_segment(const struct yg_journal_reader *r, uint64_t number,
                                   uint64_t *out, struct yg_err *err)
{
    uint64_t *list = NULL;
    size_t n = 0, i = 0;
    enum yg_status st = yg_segfile_list(r->dirfd, &list, &n, err);

    if (st != YG_OK)
        return st;
    while (i < n && list[i] < number)
        i++;
    st = i < n && list[i] <= yg_page_durable(r->state).segment ? YG_OK : YG_EEND;
    if (st == YG_OK)
        *out = list[i];
    free(list);
    return st;
}

/* Open the first segment at or after `number` at the reader's place in it. */
static enum yg_status open_segment(struct yg_journal_reader *r, uint64_t number,
                                   struct yg_err *err)
{
    enum yg_status st = find_segment(r, number, &number, err);

    if (st != YG_OK)
        return st;
    yg_segfile_close(&r->file);
    if (number != r->place.segment)
        r->place = (struct yg_journal_place){ number, 0 };
    st = yg_segfile_open(&r->file, r->dirfd, number, err);
    if (st == YG_OK)
        st = take_sources(r, &r->file.head, r->index, err);
    if (st == YG_OK) {
        r->index_count = r->file.head.source_count;
        if (r->place.offset < r->file.head.size)
            r->place.offset = r->file.head.size;
        return YG_OK;
    }
    yg_segfile_close(&r->file);
    if (st == YG_ECORRUPT) {
        note_damage(r, number);
        r->place = (struct yg_journal_place){ number + 1, 0 };
    }
    return st;
}

/* The next block of the open segment. `*sealed`: after YG_EEND none will follow. */
static enum yg_status read_block(struct yg_journal_reader *r, bool *sealed,
                                 struct yg_err *err)
{
    struct yg_journal_place d = yg_page_durable(r->state);
    struct yg_segment_block block;

    *sealed = d.segment != r->place.segment;
    uint64_t limit = *sealed ? yg_segfile_size(&r->file) : d.offset;
    enum yg_status st = yg_segfile_next(&r->file, &r->place.offset, limit, &block, err);
    if (st == YG_OK) {
        r->records = yg_cursor_of(block.records.p, block.records.n);
        r->record = 0;
        r->record_count = block.count;
        r->block_at = r->place.offset - block.size;
    } else if (st == YG_ECORRUPT) {
        note_damage(r, r->place.segment);
    }
    return st;
}

/* Have a block open. YG_EEND: nothing more is durable now. */
static enum yg_status open_block(struct yg_journal_reader *r, struct yg_err *err)
{
    for (;;) {
        bool sealed = true;
        enum yg_status st = YG_EEND;
        if (r->file.fd >= 0)
            st = read_block(r, &sealed, err);
        if (st != YG_EEND || !sealed)
            return st;
        st = open_segment(r, r->place.segment + (r->file.fd >= 0), err);
        if (st != YG_OK)
            return st;
    }
}

/* A record without an identity of its own has that of its place, for all time: the nonce
 * tells journals apart. */
static void give_id(const struct yg_journal_reader *r, uint32_t n,
                    unsigned char id[YG_ID_SIZE])
{
    static const unsigned char none[YG_ID_SIZE];
    unsigned char place[YG_SEGMENT_NONCE + 12];

    if (memcmp(id, none, YG_ID_SIZE) != 0)
        return;
    memcpy(place, r->file.head.nonce, YG_SEGMENT_NONCE);
    for (size_t i = 0; i < 8; i++)
        place[YG_SEGMENT_NONCE + i] = (unsigned char)(r->block_at >> (8 * i));
    for (size_t i = 0; i < 4; i++)
        place[YG_SEGMENT_NONCE + 8 + i] = (unsigned char)(n >> (8 * i));
    yg_hash_id(YG_STR("yagura journal"),
               (struct yg_str){ (const char *)place, sizeof(place) }, id);
}

enum yg_status yg_journal_next(struct yg_journal_reader *r, struct yg_journal_record *out,
                               struct yg_journal_place *after, struct yg_err *err)
{
    while (r->record == r->record_count) {
        r->seen = yg_page_waits(r->state);
        enum yg_status st = open_block(r, err);
        r->idle = st == YG_EEND;
        if (st != YG_OK)
            return st;
    }
    uint32_t n = r->record++;
    if (!yg_segment_record_get(&r->records, out) || out->source >= r->index_count) {
        r->record = r->record_count;
        note_damage(r, r->place.segment);
        return yg_err_set(err, YG_ECORRUPT,
                          "segment %llu of the journal holds a damaged record at byte "
                          "%llu; the rest of its unit is lost",
                          (unsigned long long)r->place.segment,
                          (unsigned long long)r->block_at);
    }
    out->source = r->index[out->source];
    give_id(r, n, out->id);
    *after = r->record == r->record_count
                 ? r->place
                 : (struct yg_journal_place){ r->place.segment, r->block_at };
    return YG_OK;
}

uint32_t yg_journal_given(const struct yg_journal_reader *r)
{
    return r->record < r->record_count ? r->record : 0;
}

enum yg_status yg_journal_reader_wait(struct yg_journal_reader *r, int64_t timeout_ns)
{
    if (r->idle)
        yg_page_wait(r->state, r->seen, timeout_ns);
    return r->idle && r->seen == yg_page_waits(r->state) ? YG_EEND : YG_OK;
}

static bool was_damaged(const struct yg_journal_reader *r, uint64_t number)
{
    for (size_t i = 0; i < r->damaged_count; i++)
        if (r->damaged[i] == number)
            return true;
    return false;
}

/* One that was damaged is kept under another name: nobody reads it, people may. */
static void remove_segment(const struct yg_journal_reader *r, uint64_t number)
{
    char name[YG_SEGFILE_NAME], kept[YG_SEGFILE_NAME + 8];

    yg_segfile_name(number, name);
    snprintf(kept, sizeof(kept), "%s.damaged", name);
    if (!was_damaged(r, number) || renameat(r->dirfd, name, r->dirfd, kept) != 0)
        unlinkat(r->dirfd, name, 0);
}

void yg_journal_consumed(struct yg_journal_reader *r, struct yg_journal_place upto)
{
    uint64_t *list = NULL;
    size_t n = 0;

    if (yg_place_before(yg_page_consumed(r->state), upto))
        yg_page_set_consumed(r->state, upto);
    if (upto.segment <= r->swept)
        return;
    if (yg_segfile_list(r->dirfd, &list, &n, NULL) == YG_OK) {
        for (size_t i = 0; i < n && list[i] < upto.segment; i++)
            remove_segment(r, list[i]);
        r->swept = upto.segment;
    }
    free(list);
}
