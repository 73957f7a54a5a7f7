/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/capfile.h"

#include "base/cursor.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NS_PER_S    INT64_C(1000000000)
#define MAGIC_NS    0xa1b23c4dU
#define SNAP_MAX    262144U /* tcpdump's own bound of one record */
#define FILE_HEADER 24U
#define LINK_AT     20U
#define DLT_RAW_BSD 14 /* what some systems call raw IP */

/* Of the file at a time: the usual 4 KiB would be a system call for every few frames
 * (bench/packets, dissect: -40 %). */
#define BUFFER ((size_t)64 << 10)

struct yg_capfile {
    FILE *fp;     /* owned by pcap once it is open */
    char *buffer; /* of fp */
    pcap_t *pcap;
    uint32_t linktype;
};

/* libpcap tells its own names of some link types; files hold those of tcpdump.org. */
static uint32_t linktype_of(int dlt)
{
    if (dlt == DLT_RAW || dlt == DLT_RAW_BSD)
        return 101;
    return (uint32_t)dlt;
}

enum yg_status yg_capfile_open(int fd, struct yg_capfile **out, struct yg_err *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct yg_capfile *f = calloc(1, sizeof(*f));

    if (!f) {
        (void)close(fd);
        return yg_err_set(err, YG_ENOMEM, "no memory to read a capture file");
    }
    f->fp = fdopen(fd, "rb");
    if (!f->fp) {
        enum yg_status st = yg_err_errno(err, "cannot read the capture file");
        (void)close(fd);
        free(f);
        return st;
    }
    f->buffer = malloc(BUFFER);
    if (f->buffer) /* else the small one that it brings along */
        (void)setvbuf(f->fp, f->buffer, _IOFBF, BUFFER);
    /* Once it has been told a place, the stream counts along, and asking for it is no
     * system call a frame (a pipe cannot be told, and keeps asking). */
    (void)fseeko(f->fp, 0, SEEK_CUR);
    f->pcap =
        pcap_fopen_offline_with_tstamp_precision(f->fp, PCAP_TSTAMP_PRECISION_NANO, why);
    if (!f->pcap) {
        enum yg_status st = ferror(f->fp) ? YG_EIO : YG_EFORMAT;
        yg_capfile_free(f);
        return yg_err_set(err, st, "not a pcap or pcapng file: %s", why);
    }
    f->linktype = linktype_of(pcap_datalink(f->pcap));
    *out = f;
    return YG_OK;
}

void yg_capfile_free(struct yg_capfile *f)
{
    if (!f)
        return;
    if (f->pcap)
        pcap_close(f->pcap);
    else
        (void)fclose(f->fp);
    free(f->buffer);
    free(f);
}

/* Files may claim any second; what does not fit into 64 bits of nanoseconds is 0. */
static int64_t time_of(const struct pcap_pkthdr *h)
{
    int64_t ns;

    if (__builtin_mul_overflow((int64_t)h->ts.tv_sec, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)h->ts.tv_usec, &ns))
        return 0;
    return ns;
}

enum yg_status yg_capfile_next(struct yg_capfile *f, struct yg_frame *out,
                               struct yg_err *err)
{
    struct pcap_pkthdr *h;
    const unsigned char *p;
    off_t at = ftello(f->fp);
    int got = pcap_next_ex(f->pcap, &h, &p);

    if (got == PCAP_ERROR_BREAK)
        return YG_EEND;
    if (got != 1)
        return yg_err_set(err, ferror(f->fp) ? YG_EIO : YG_EFORMAT, "%s",
                          pcap_geterr(f->pcap));
    *out = (struct yg_frame){
        .time_ns = time_of(h),
        .bytes = { (const char *)p, h->caplen },
        .wire = h->len > h->caplen ? h->len : h->caplen,
        .linktype = f->linktype,
        .offset = at > 0 ? (uint64_t)at : 0,
    };
    return YG_OK;
}

void yg_pcap_begin(struct yg_buf *out, uint32_t linktype)
{
    yg_buf_u32(out, MAGIC_NS);
    yg_buf_u16(out, 2); /* version 2.4 */
    yg_buf_u16(out, 4);
    yg_buf_u64(out, 0); /* time zone, accuracy: nobody writes them */
    yg_buf_u32(out, SNAP_MAX);
    yg_buf_u32(out, linktype);
}

void yg_pcap_add(struct yg_buf *out, int64_t time_ns, struct yg_str bytes, uint32_t wire)
{
    uint64_t ns = time_ns > 0 ? (uint64_t)time_ns : 0;

    if (wire < bytes.n)
        wire = bytes.n < UINT32_MAX ? (uint32_t)bytes.n : UINT32_MAX;
    if (bytes.n > SNAP_MAX)
        bytes.n = SNAP_MAX;
    yg_buf_u32(out, (uint32_t)(ns / (uint64_t)NS_PER_S)); /* unsigned: until 2106 */
    yg_buf_u32(out, (uint32_t)(ns % (uint64_t)NS_PER_S));
    yg_buf_u32(out, (uint32_t)bytes.n);
    yg_buf_u32(out, wire);
    yg_buf_str_add(out, bytes);
}

bool yg_pcap_next(struct yg_str pcap, size_t *at, struct yg_frame *out)
{
    struct yg_cursor c = yg_cursor_of(pcap.p, pcap.n);
    size_t skip = *at ? *at : FILE_HEADER;

    if (yg_cursor_le32(&c) != MAGIC_NS)
        return false;
    (void)yg_cursor_take(&c, LINK_AT - 4);
    struct yg_frame f = { .linktype = yg_cursor_le32(&c) };
    if (skip < FILE_HEADER)
        return false;
    (void)yg_cursor_take(&c, skip - FILE_HEADER);
    f.offset = skip;
    uint32_t s = yg_cursor_le32(&c), ns = yg_cursor_le32(&c);
    uint32_t len = yg_cursor_le32(&c);
    f.wire = yg_cursor_le32(&c);
    if (len > SNAP_MAX || ns >= NS_PER_S)
        return false;
    f.bytes = yg_cursor_take(&c, len);
    if (!yg_cursor_ok(&c))
        return false;
    if (f.wire < len)
        f.wire = len;
    f.time_ns = (int64_t)s * NS_PER_S + ns;
    *at = skip + 16 + len;
    *out = f;
    return true;
}
