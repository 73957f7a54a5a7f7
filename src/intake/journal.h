/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - what was received and is not yet in the store: durable, ordered, bounded.
 *
 *      inputs (network, files, Kafka) ── add ──► journal ── next ──► core ──► store
 *               ◄── durable: acknowledge ──        │          ◄── consumed: delete ──
 *
 * The one place where a received record becomes the server's responsibility. An add is
 * one unit: after a crash all of it is there or nothing. It is durable (fdatasync) within
 * YG_JOURNAL_FLUSH_NS or YG_JOURNAL_FLUSH_BYTES, many adds at a time, and at once when
 * somebody waits for it; only then may the sender be told. The core reads in the order of
 * adding and says how far its store has committed, in the same transaction as the
 * records, so each record reaches history exactly once. A slow or stopped core makes the
 * journal grow up to its cap; at the cap an add is refused with YG_EBUSY and the input
 * holds its sender back. Nothing is ever dropped here.
 *
 * On disk: dir/NNNNNNNNNNNNNNNN.ygj, segments of about YG_JOURNAL_SEGMENT bytes. A
 * segment begins with the sources (tenant, name, format, mapping, zone, log) that its
 * records are of, so that what is left over can be read after the configuration has
 * changed. Then blocks: magic, length, count, hash of the bytes, records. A torn block at
 * the end of the newest segment is cut off when the journal is opened (it was never
 * acknowledged); damage elsewhere is told, counted and skipped to the next block.
 * dir/state is a page that intake, core and server map: how far is durable and consumed,
 * and what was counted per source. Places in it are made anew when the journal is opened.
 * A writer never goes on in an old segment, and the numbers of segments never come again,
 * not even after the folder was lost: they grow with the time of day.
 *
 * Cost (bench/src/bench_journal.c): 2 us CPU a 700-byte record to the disk, one copy, one
 * hash and the kernel's; 1 us to read it; an fdatasync a flush. Memory: two buffers of
 * YG_JOURNAL_BUFFER.
 * Threads: add, durable and wait from any thread of the one writing process; a reader
 * belongs to one thread.
 */
#ifndef YG_INTAKE_JOURNAL_H
#define YG_INTAKE_JOURNAL_H

#include "base/clock.h"
#include "base/err.h"
#include "event/source.h"

#define YG_JOURNAL_SEGMENT     ((uint64_t)64 << 20)
#define YG_JOURNAL_BUFFER      ((size_t)8 << 20)
#define YG_JOURNAL_FLUSH_NS    ((int64_t)20 * 1000 * 1000)
#define YG_JOURNAL_FLUSH_BYTES ((size_t)1 << 20)
#define YG_JOURNAL_SOURCES     512

struct yg_journal_record {
    /* Where it came from, as one number for all time (docs/design/05-identity.md). All
     * zero: no other place is known than its arrival here (datagrams, plain streams): the
     * id is then made from the place in the journal, and two are never the same. */
    unsigned char id[YG_ID_SIZE];
    int64_t received_ns;
    uint32_t source;    /* index in the sources given when the journal was opened */
    uint16_t reason;    /* framing problem, enum yg_reason */
    uint64_t full_size; /* true length when cut at YG_RECORD_MAX; 0: raw.n */
    struct yg_str peer; /* who sent it, as text ("192.0.2.1:5140"); at most 64 bytes */
    struct yg_str raw;
};

struct yg_journal_place {
    uint64_t segment, offset;
};

/* ---- writing: the intake process ------------------------------------------------- */

struct yg_journal;

struct yg_journal_options {
    const struct yg_source *source; /* what may be added; copied into each segment */
    uint32_t source_count;
    uint64_t cap; /* bytes on disk not consumed; 0: 8 GiB. An add past it: YG_EBUSY */
    /* The place that the store holds, {0, 0}: none. New segments come after it, also when
     * the folder was lost or an old one was put back. */
    struct yg_journal_place consumed;
    const struct yg_clock *clock;
};

/* Open dir (made if absent). YG_EBUSY: another process writes it. */
enum yg_status yg_journal_open(const char *dir, const struct yg_journal_options *opt,
                               struct yg_journal **out, struct yg_err *err) YG_MUST_USE;
/* Flush what was added, then close. */
void yg_journal_close(struct yg_journal *j);

/* Take `n` records as one unit; never blocks. They count as received (YG_IN_RECEIVED,
 * BYTES, LAST_SEEN) when they are durable: what is lost with a crash was not received.
 * `*ticket` (may be NULL): durable when yg_journal_durable has reached it. YG_EBUSY:
 * full, hold the sender back; YG_ELIMIT: the unit is larger than YG_JOURNAL_BUFFER / 2
 * and has to be cut; YG_EIO: the disk refuses, tried again by the next flush. */
enum yg_status yg_journal_add(struct yg_journal *j, const struct yg_journal_record *rec,
                              size_t n, uint64_t *ticket, struct yg_err *err) YG_MUST_USE;
/* The same for a thread that may wait until what is in memory is on the disk, and there
 * is room again; YG_EBUSY: not within `timeout_ns`, or the journal itself is full. */
enum yg_status yg_journal_add_wait(struct yg_journal *j,
                                   const struct yg_journal_record *rec, size_t n,
                                   int64_t timeout_ns, uint64_t *ticket,
                                   struct yg_err *err) YG_MUST_USE;
uint64_t yg_journal_durable(const struct yg_journal *j);
/* Wait until the ticket is durable; nothing is waited for before it is written. YG_EBUSY:
 * not within `timeout_ns`. */
enum yg_status yg_journal_wait(struct yg_journal *j, uint64_t ticket,
                               int64_t timeout_ns) YG_MUST_USE;
/* Called by the flushing thread after each flush; must not block. Set before adding. */
void yg_journal_on_durable(struct yg_journal *j, void (*fn)(void *arg, uint64_t ticket),
                           void *arg);
/* Would an add be refused now? A cheap look, for inputs that can stop reading. */
bool yg_journal_full(struct yg_journal *j);

/* ---- reading: the core ------------------------------------------------------------ */

struct yg_journal_reader;

/* Read from `from` on ({0, 0}: from the oldest there is). Works while another process
 * writes, and with none: then up to where the last one said that it was. */
enum yg_status yg_journal_reader_open(const char *dir, struct yg_journal_place from,
                                      struct yg_journal_reader **out,
                                      struct yg_err *err) YG_MUST_USE;
void yg_journal_reader_close(struct yg_journal_reader *r);

/* All sources that the segments from the reader's place on speak of and that will be
 * written by the present writer; equal ones once. Their index is what next returns as
 * `source`. May grow when a new segment is begun (YG_JOURNAL_SOURCES at most). */
enum yg_status yg_journal_sources(struct yg_journal_reader *r,
                                  const struct yg_source **out, uint32_t *count,
                                  struct yg_err *err) YG_MUST_USE;

/* The next durable record, borrowed until the next call; its id is set. `after`: the
 * place to commit once everything up to and with this record is in the store; equal for
 * all records of a unit but the last, which moves it. YG_EEND: nothing more is durable
 * now; YG_ECORRUPT: a damaged block was skipped (`err` says where; call again). */
enum yg_status yg_journal_next(struct yg_journal_reader *r, struct yg_journal_record *out,
                               struct yg_journal_place *after,
                               struct yg_err *err) YG_MUST_USE;
/* How many records of the unit that `after` stands before were given so far; 0 after its
 * last. Who commits in between begins there again and passes over so many. */
uint32_t yg_journal_given(const struct yg_journal_reader *r);
/* Wait for more; YG_OK may come without. YG_EEND: nothing came within `timeout_ns`. */
enum yg_status yg_journal_reader_wait(struct yg_journal_reader *r,
                                      int64_t timeout_ns) YG_MUST_USE;
/* The store has committed up to here: whole segments before it are deleted. */
void yg_journal_consumed(struct yg_journal_reader *r, struct yg_journal_place upto);

/* ---- what is counted -------------------------------------------------------------- */

/* received = stored + filtered + duplicate + refused + in flight, for every source at
 * every moment: in flight is what the journal holds and the store has not committed. */
#define YG_INTAKE_COUNTERS(X)                                                            \
    X(RECEIVED, "received", "records durable in the journal, and those refused")         \
    X(BYTES, "bytes", "bytes of them")                                                   \
    X(REFUSED, "refused", "not taken: malformed, too large, unauthorised; sender told")  \
    X(REJECTED, "rejected", "requests, connections refused before a record was seen")    \
    X(HELD, "held", "times the sender was held back: journal full")                      \
    X(KERNEL_LOST, "kernel-lost", "datagrams the kernel dropped before we saw them")     \
    X(OVERSIZE, "oversize", "records cut at the limit, kept")                            \
    X(CONNECTIONS, "connections", "opened so far")                                       \
    X(STORED, "stored", "in history")                                                    \
    X(FILTERED, "filtered", "left out by a rule, counted by it")                         \
    X(DUPLICATE, "duplicate", "known already: the same id came again")                   \
    X(UNREAD, "unread", "stored, but not understood")                                    \
    X(LAST_SEEN, "last-seen", "receipt of the newest, ns since 1970")                    \
    X(COMMITTED, "committed", "receipt of the newest that the store has, ns since 1970") \
    X(CLOCK_SKEW, "clock-skew", "median of receipt minus event time lately, ns, signed")
enum yg_intake_counter {
#define X(id, name, help) YG_IN_##id,
    YG_INTAKE_COUNTERS(X)
#undef X
        YG_IN_COUNT
};

/* Numbers by source in dir/state. Any process may look; each counter has one writer. */
struct yg_intake_state;
enum yg_status yg_intake_state_open(const char *dir, bool write,
                                    struct yg_intake_state **out,
                                    struct yg_err *err) YG_MUST_USE;
void yg_intake_state_close(struct yg_intake_state *s);
/* The row of (tenant, name); made if absent and opened for writing. -1: no room. */
int yg_intake_state_row(struct yg_intake_state *s, struct yg_str tenant,
                        struct yg_str name);
uint32_t yg_intake_state_rows(const struct yg_intake_state *s);
bool yg_intake_state_name(const struct yg_intake_state *s, uint32_t row,
                          struct yg_str *tenant, struct yg_str *name);
/* What is REFUSED is part of RECEIVED. */
uint64_t yg_intake_state_get(const struct yg_intake_state *s, uint32_t row,
                             enum yg_intake_counter c);
void yg_intake_state_add(struct yg_intake_state *s, uint32_t row,
                         enum yg_intake_counter c, uint64_t n);
void yg_intake_state_set(struct yg_intake_state *s, uint32_t row,
                         enum yg_intake_counter c, uint64_t v);

#endif
