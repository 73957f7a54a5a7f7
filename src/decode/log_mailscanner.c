/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MailScanner: what its scanners found is an alert, the rest context. A message is named
 * by the mail server's queue id and MailScanner's own behind a dot. Source:
 * mailscanner.info, and what the log files of versions 4 and 5 hold.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

static const struct yg_say rows[] = {
    { "%s::INFECTED:: %* :: ./%*/%*", "-Rif", "found", YG_SAID, 75 },
    { "%s::INFECTED:: %*:: ./%*/%*", "-Rif", "found", YG_SAID, 75 },
    { "Infected message %s came from %s", "is", "infected", YG_SAID, 0 },
    { "Message %s from %s (%*) to %* is spam", "ismo", "spam", YG_SAID, 0 },
    { "Message %s from %s (%*) to %* is not spam", "ismo", "clean", YG_SAID, 0 },
    { "Message %s from %s (%*) is whitelisted", "ism", "listed", YG_SAID, 0 },
    { "Message %s from %s (%*) is blacklisted", "ism", "blocklisted", YG_SAID, 0 },
    { "Filename Checks: %* (%s %*)", "-if", "blocked", YG_SAID_FAILED, 0 },
    { "Filetype Checks: %* (%s %*)", "-if", "blocked", YG_SAID_FAILED, 0 },
    { "Spam Actions: message %s actions are %*", "ia", NULL, YG_SAID, 0 },
    { "Saved infected \"%*\" to %s", "--", "quarantined", YG_SAID, 0 },
    { "Requeue: %s to %s", "i-", "requeued", YG_SAID, 0 },
};

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    (void)d;
    (void)yg_says(t, l->body, rows, YG_ARRAY_LEN(rows));
    return true;
}

const struct yg_dialect yg_dialect_mailscanner = {
    .name = "mailscanner",
    .doc = "MailScanner: verdicts on mail",
    .product = "MailScanner",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .apps = "mailscanner",
    .read = read_,
};
