/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpd_priv.h"
#include "intake/loop.h"

#define PIECE ((size_t)16 << 10) /* what the library takes at a time */

/* Nothing to say: until the next tick. False: the listener is being stopped. */
static bool rest(struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    pthread_mutex_lock(&h->lock);
    bool stays = !atomic_load(&h->draining);
    if (stays) {
        MHD_suspend_connection(x->c);
        x->next = h->resting;
        h->resting = x;
    }
    pthread_mutex_unlock(&h->lock);
    return stays;
}

/* MHD_ContentReaderCallback, in the listener's thread. */
static ssize_t more(void *cls, uint64_t pos, char *out, size_t room)
{
    struct yg_httpd_exchange *x = cls;
    struct yg_httpd *h = x->owner;
    struct yg_buf *b = &x->reply.body;

    (void)pos;
    if (x->sent == yg_buf_str(b).n) {
        yg_buf_clear(b);
        x->sent = 0;
        bool on = h->opt.stream(h->opt.arg, x->reply.stream, b);
        if (yg_buf_status(b) != YG_OK || (!on && yg_buf_str(b).n == 0))
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (yg_buf_str(b).n == 0)
            return rest(h, x) ? 0 : MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t n = yg_buf_str(b).n - x->sent;
    n = n < room ? n : room;
    memcpy(out, yg_buf_str(b).p + x->sent, n);
    x->sent += n;
    return (ssize_t)n;
}

struct MHD_Response *yg_httpd_stream_response(struct yg_httpd_exchange *x)
{
    x->sent = 0;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, more, x, NULL);
}

void yg_httpd_stream_wake(struct yg_httpd *h)
{
    pthread_mutex_lock(&h->lock);
    while (h->resting) {
        struct yg_httpd_exchange *x = h->resting;
        h->resting = x->next; /* once resumed it may be gone at once */
        x->next = NULL;
        MHD_resume_connection(x->c);
    }
    pthread_mutex_unlock(&h->lock);
}

void yg_httpd_stream_tick(struct yg_httpd *h)
{
    int64_t now = yg_loop_monotonic();

    if (now - h->woken_ns < YG_HTTPD_LOOK_NS)
        return;
    h->woken_ns = now;
    yg_httpd_stream_wake(h);
}
