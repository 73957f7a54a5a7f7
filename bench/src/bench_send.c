/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_send - a sender that costs next to nothing, and a watch on what became of it.
 *
 *   bench_send stream|http HOST:PORT|/SOCKET FILE CONNECTIONS WAIT
 *   bench_send udp|paced HOST:PORT FILE PER_SECOND WAIT; bench_send append PATH FILE WAIT
 *
 * FILE is mapped and sent as it lies: in parts cut at line ends, one a connection
 * (stream); whole requests, the next when one is answered, 429 and 503 sent again (http;
 * X-Records counts them);
 * a datagram a line, at an even rate (udp); lines over one connection at an even rate,
 * every 10 ms (paced); written to the end of PATH (append). WAIT is
 * `state DIR SOURCE FROM`: the counters of a running `yagura serve`, until all that
 * FILE holds is received (durable in the journal) and then committed to history; or
 * `size PATH`: until PATH has grown as large as FILE; or `none`. FROM binds the sender's
 * address ("-": any). Prints one JSON object: seconds from the first byte on. Datagrams
 * of which none arrives for two seconds are lost; that is reported. One thread.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "dial.h"
#include "http_message.h"
#include "intake/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 32
#define REPLY       ((size_t)1 << 20)
#define LOST_S      2.0 /* no datagram for so long: no more come */
#define GIVE_UP_S   120.0
#define DATAGRAMS   32

struct conn {
    int fd;
    const char *at, *end; /* what is left to send, of the request in hand if HTTP */
    const char *begin;    /* of that request */
    bool waits;           /* for an answer */
    char *reply;
    size_t got;
};

struct job {
    const char *how, *where, *from;
    struct yg_str data;
    uint64_t records; /* lines, or what the requests say */
    uint64_t rate;
    size_t connections;
    bool lossy;       /* datagrams */
    const char *next; /* HTTP: the first request that nobody has */
    struct conn conn[CONNECTIONS];
    uint64_t replies, refused, again; /* again: sent once more because of 429, 503 */
    size_t reply_bytes;
    double start, sent_s, received_s, stored_s;
    /* what is watched */
    struct yg_intake_state *state;
    int row;
    const char *grows;
    uint64_t before[YG_IN_COUNT], size_before;
};

static void rest(double seconds) /* less than one */
{
    struct timespec t = { .tv_nsec = (long)(seconds * 1e9) };

    nanosleep(&t, NULL);
}

static struct yg_str map(const char *path)
{
    struct stat sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &sb) != 0 || sb.st_size == 0)
        die(path);
    void *p =
        mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (p == MAP_FAILED || close(fd) != 0)
        die(path);
    return (struct yg_str){ p, (size_t)sb.st_size };
}

static const char *next_line(const char *p, const char *end)
{
    const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

    return nl ? nl + 1 : end;
}

static uint64_t count_lines(struct yg_str s)
{
    uint64_t n = 0;

    for (const char *p = s.p; p < s.p + s.n; n++)
        p = next_line(p, s.p + s.n);
    return n;
}

/* ---- sockets ---------------------------------------------------------------------- */

static void open_all(struct job *j)
{
    int on = 1;

    for (size_t i = 0; i < j->connections; i++) {
        struct conn *c = &j->conn[i];
        c->fd = dial(j->where, j->from, SOCK_STREAM);
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
            die("fcntl");
        c->reply = malloc(REPLY + 1);
        if (!c->reply)
            die("no memory");
    }
}

static void push(struct conn *c)
{
    ssize_t n = send(c->fd, c->at, (size_t)(c->end - c->at), MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR)
        die("send");
    if (n > 0)
        c->at += n;
}

/* ---- streams ---------------------------------------------------------------------- */

static void share_out(struct job *j)
{
    const char *at = j->data.p, *end = at + j->data.n;

    for (size_t i = 0; i < j->connections; i++) {
        struct conn *c = &j->conn[i];
        const char *to = j->data.p + j->data.n / j->connections * (i + 1);
        if (i + 1 == j->connections || to < at)
            to = end;
        c->at = at;
        c->end = at = next_line(to, end);
    }
}

static void send_stream(struct job *j)
{
    struct pollfd p[CONNECTIONS];

    share_out(j);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < j->connections; i++) {
            bool left = j->conn[i].at < j->conn[i].end;
            p[i] = (struct pollfd){ .fd = left ? j->conn[i].fd : -1, .events = POLLOUT };
            more = more || left;
        }
        if (!more || poll(p, j->connections, 1000) < 0)
            break;
        for (size_t i = 0; i < j->connections; i++)
            if (p[i].revents)
                push(&j->conn[i]);
    }
}

/* ---- HTTP ------------------------------------------------------------------------- */

static uint64_t count_requests(const struct job *j)
{
    struct yg_str left = j->data, head;
    uint64_t n, sum = 0;
    size_t whole;

    for (; message_whole(left, &head, &whole); left.p += whole, left.n -= whole)
        sum += message_number(head, "X-Records", &n) ? n : 0;
    if (left.n > 0)
        die("not requests");
    return sum;
}

static void take_request(struct job *j, struct conn *c)
{
    struct yg_str left = { j->next, (size_t)(j->data.p + j->data.n - j->next) }, head;
    size_t whole;

    c->at = c->end = NULL;
    c->got = 0;
    c->waits = message_whole(left, &head, &whole);
    if (!c->waits)
        return;
    c->at = c->begin = j->next;
    c->end = j->next += whole;
}

static void hear(struct job *j, struct conn *c)
{
    struct yg_str head;
    size_t whole;
    ssize_t n = recv(c->fd, c->reply + c->got, REPLY - c->got, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the server has hung up");
    c->got += (size_t)n;
    if (!message_whole((struct yg_str){ c->reply, c->got }, &head, &whole))
        return;
    j->replies++;
    const char *status = c->reply + strlen("HTTP/1.1 ");
    if (strncmp(status, "429", 3) == 0 || strncmp(status, "503", 3) == 0) {
        j->again++;
        c->got = 0;
        c->at = c->begin;
        rest(0.1);
        return;
    }
    j->reply_bytes = whole;
    j->refused += *status != '2';
    take_request(j, c);
}

static void send_http(struct job *j)
{
    struct pollfd p[CONNECTIONS];

    j->next = j->data.p;
    for (size_t i = 0; i < j->connections; i++)
        take_request(j, &j->conn[i]);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < j->connections; i++) {
            const struct conn *c = &j->conn[i];
            p[i] = (struct pollfd){ .fd = c->waits ? c->fd : -1,
                                    .events = POLLIN | (c->at < c->end ? POLLOUT : 0) };
            more = more || c->waits;
        }
        if (!more || poll(p, j->connections, 1000) < 0)
            break;
        for (size_t i = 0; i < j->connections; i++) {
            if (p[i].revents & POLLOUT)
                push(&j->conn[i]);
            if (p[i].revents & (POLLIN | POLLERR | POLLHUP))
                hear(j, &j->conn[i]);
        }
    }
}

/* ---- datagrams and files ---------------------------------------------------------- */

static void send_udp(struct job *j)
{
    int fd = dial(j->where, j->from, SOCK_DGRAM);
    const char *p = j->data.p, *end = p + j->data.n;

    for (uint64_t sent = 0; p < end;) {
        struct iovec v[DATAGRAMS];
        struct mmsghdr m[DATAGRAMS] = { 0 };
        unsigned n = 0;
        for (; n < DATAGRAMS && p < end; n++) {
            const char *nl = memchr(p, '\n', (size_t)(end - p));
            union {
                const char *in;
                void *out;
            } line = { .in = p };
            v[n] = (struct iovec){ line.out, (size_t)((nl ? nl : end) - p) };
            m[n].msg_hdr = (struct msghdr){ .msg_iov = &v[n], .msg_iovlen = 1 };
            p = nl ? nl + 1 : end;
        }
        for (unsigned done = 0; done < n;) {
            int r = sendmmsg(fd, m + done, n - done, 0);
            if (r < 0 && errno != EINTR && errno != ENOBUFS)
                die("sendmmsg");
            done += r > 0 ? (unsigned)r : 0;
        }
        sent += n;
        double early = (double)sent / (double)j->rate - (yg_clock_wall() - j->start);
        if (early > 0)
            rest(early < 0.9 ? early : 0.9);
    }
    close(fd);
}

/* What is late is sent at once: the rate is that of the whole. */
static void send_paced(struct job *j)
{
    int fd = dial(j->where, j->from, SOCK_STREAM);
    const char *p = j->data.p, *end = p + j->data.n;
    uint64_t sent = 0;

    while (p < end) {
        uint64_t due = (uint64_t)((yg_clock_wall() - j->start) * (double)j->rate);
        const char *from = p;
        for (; p < end && sent < due; sent++)
            p = next_line(p, end);
        while (from < p) {
            ssize_t n = send(fd, from, (size_t)(p - from), MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR)
                die("send");
            from += n > 0 ? n : 0;
        }
        rest(0.01);
    }
    close(fd);
}

static void append(struct job *j)
{
    int fd = open(j->where, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        die(j->where);
    for (size_t done = 0; done < j->data.n;) {
        ssize_t n = write(fd, j->data.p + done, j->data.n - done);
        if (n < 0)
            die(j->where);
        done += (size_t)n;
    }
    close(fd);
}

/* ---- what became of it ------------------------------------------------------------ */

static uint64_t size_of(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

static uint64_t since(const struct job *j, enum yg_intake_counter c)
{
    return yg_intake_state_get(j->state, (uint32_t)j->row, c) - j->before[c];
}

static uint64_t received(const struct job *j)
{
    if (j->grows)
        return size_of(j->grows) - j->size_before;
    return since(j, YG_IN_RECEIVED) + since(j, YG_IN_KERNEL_LOST);
}

static uint64_t stored(const struct job *j)
{
    return since(j, YG_IN_STORED) + since(j, YG_IN_FILTERED) + since(j, YG_IN_DUPLICATE) +
           since(j, YG_IN_REFUSED) + since(j, YG_IN_KERNEL_LOST);
}

/* Until `count` is `goal`, or stands still: when it changed last. */
static double reached(const struct job *j, uint64_t (*count)(const struct job *),
                      uint64_t goal)
{
    double changed = yg_clock_wall();
    uint64_t before = 0, now;

    while ((now = count(j)) < goal) {
        double t = yg_clock_wall();
        if (now != before)
            changed = t;
        before = now;
        if (t - changed > (j->lossy && before ? LOST_S : GIVE_UP_S))
            return changed - j->start;
        rest(0.002);
    }
    return yg_clock_wall() - j->start;
}

static void watch(struct job *j, char **arg, int n)
{
    struct yg_err err = { 0 };

    j->row = -1;
    if (n == 2 && strcmp(arg[0], "size") == 0) {
        j->grows = arg[1];
        j->size_before = size_of(arg[1]);
    } else if (n == 4 && strcmp(arg[0], "state") == 0) {
        if (yg_intake_state_open(arg[1], false, &j->state, &err) != YG_OK)
            die(err.msg);
        for (uint32_t i = 0; i < yg_intake_state_rows(j->state); i++) {
            struct yg_str tenant, name;
            if (yg_intake_state_name(j->state, i, &tenant, &name) &&
                yg_str_eq(name, yg_str_of(arg[2])))
                j->row = (int)i;
        }
        if (j->row < 0)
            die(arg[2]);
        for (int c = 0; c < YG_IN_COUNT; c++)
            j->before[c] = yg_intake_state_get(j->state, (uint32_t)j->row,
                                               (enum yg_intake_counter)c);
        j->from = arg[3];
    } else if (n != 1 || strcmp(arg[0], "none") != 0) {
        die("WAIT: state DIR SOURCE FROM, size PATH or none");
    }
}

static void report(const struct job *j)
{
    struct yg_buf out;
    struct yg_jsonw w = yg_jsonw_of(&out);

    yg_buf_init(&out, 4096);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "records", j->records);
    yg_jsonw_ku64(&w, "bytes", j->data.n);
    yg_jsonw_kf64(&w, "sent_s", j->sent_s);
    yg_jsonw_kf64(&w, "received_s", j->received_s);
    yg_jsonw_kf64(&w, "sender_cpu_s", yg_clock_cpu());
    if (j->state) {
        yg_jsonw_kf64(&w, "stored_s", j->stored_s);
        yg_jsonw_ku64(&w, "received", since(j, YG_IN_RECEIVED));
        yg_jsonw_ku64(&w, "kernel_lost", since(j, YG_IN_KERNEL_LOST));
        yg_jsonw_ku64(&w, "stored", since(j, YG_IN_STORED));
        yg_jsonw_ku64(&w, "duplicate", since(j, YG_IN_DUPLICATE));
    }
    yg_jsonw_ku64(&w, "replies", j->replies);
    yg_jsonw_ku64(&w, "refused", j->refused);
    yg_jsonw_ku64(&w, "again", j->again);
    yg_jsonw_ku64(&w, "reply_bytes", j->reply_bytes);
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
}

int main(int argc, char **argv)
{
    struct job j = { .connections = 1 };
    int i = 4;

    if (argc < 5)
        die("usage: stream|http|udp|paced|append WHERE FILE [NUMBER] WAIT");
    j.how = argv[1];
    j.where = argv[2];
    j.data = map(argv[3]);
    if (yg_str_u64(yg_str_of(argv[i]), &j.rate))
        i++;
    watch(&j, argv + i, argc - i);
    bool http = strcmp(j.how, "http") == 0, stream = http || strcmp(j.how, "stream") == 0;
    j.records = http ? count_requests(&j) : count_lines(j.data);
    if (stream && j.rate > 0)
        j.connections = j.rate < CONNECTIONS ? (size_t)j.rate : CONNECTIONS;
    if (stream)
        open_all(&j);
    j.start = yg_clock_wall();
    if (stream)
        (http ? send_http : send_stream)(&j);
    else if (strcmp(j.how, "paced") == 0 && j.rate > 0)
        send_paced(&j);
    else
        ((j.lossy = j.rate > 0) ? send_udp : append)(&j);
    j.sent_s = yg_clock_wall() - j.start;
    for (size_t k = 0; stream && k < j.connections; k++)
        close(j.conn[k].fd);
    if (j.state || j.grows)
        j.received_s = reached(&j, received, j.grows ? j.data.n : j.records);
    if (j.state)
        j.stored_s =
            reached(&j, stored, since(&j, YG_IN_RECEIVED) + since(&j, YG_IN_KERNEL_LOST));
    report(&j);
    return 0;
}
