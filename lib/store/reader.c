/* The parent's side of parsing: what the child answers, believed no more than the file itself, and what is said of a file
   that it could not parse. */
#include "store/reader.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/text.h"
#include "store/h5.h"
#include "store/store.h"
#include "store/talk.h"

enum {
    PATH_SHOWN = 300,
    MOST_SHARED = 64, /* records that one process parses */
    TRIES = 3,        /* of what may pass */
    MOST_RECORD = 256 /* MB of a run's file, far more than any has */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int served; /* files that the process at hand has parsed */

/* ---- the answer ---- */

/* One file's parsing. */
typedef struct parsing {
    unroll_plain *plain;
    uint64_t room; /* bytes that its members may still take, with a pointer to each of their texts */
    bool nonsense; /* the answer is not what a sound child gives */
    bool no_memory;
    bool too_large;
    char reason[300]; /* for which the child says that the file cannot be read; "" */
} parsing;

/* Counts the values; false where sizes do not fit together. */
static bool count_values(const unroll_plain_head *head, unroll_plain_member *member)
{
    size_t size = unroll_plain_size(member->type);
    member->count = 1;
    for (int i = 0; i < member->rank; i++) {
        if (head->dims[i] > SIZE_MAX / 16 || (head->dims[i] > 0 && member->count > SIZE_MAX / 16 / head->dims[i]))
            return false;
        member->dims[i] = (size_t)head->dims[i];
        member->count *= member->dims[i];
    }
    if (member->type == UNROLL_PLAIN_OTHER)
        return head->values_size == 0;
    return size == 0 || (head->values_size % size == 0 && head->values_size / size == member->count);
}

/* Whether the bytes are exactly `count` zero-ended texts. */
static bool are_texts(const char *bytes, size_t size, size_t count)
{
    size_t zeros = 0;
    for (size_t i = 0; i < size; i++)
        zeros += bytes[i] == '\0';
    return zeros == count && (size == 0 || bytes[size - 1] == '\0');
}

/* Texts come as the file has them; from here on they are well-formed UTF-8. */
static void repair_texts(char *texts, size_t count)
{
    for (size_t i = 0; i < count; i++, texts += strlen(texts) + 1)
        unroll_utf8_repair(texts);
}

/* Counts `count` times `size` bytes of the room that is left. */
static bool claim_room(parsing *p, uint64_t count, uint64_t size)
{
    p->too_large = count > p->room / size;
    if (!p->too_large)
        p->room -= count * size;
    return !p->too_large;
}

/* `size` bytes into new memory, with a zero behind them. */
static unroll_talk hear_bytes(parsing *p, uint64_t size, void **bytes)
{
    unroll_talk how;
    if (!claim_room(p, size, 1))
        return UNROLL_TALK_ENDED;
    *bytes = malloc(size + 1);
    if (*bytes == NULL) {
        p->no_memory = true;
        return UNROLL_TALK_ENDED;
    }
    how = unroll_hear(*bytes, size);
    ((char *)*bytes)[size] = '\0';
    return how;
}

static unroll_talk hear_member(parsing *p, const unroll_plain_head *head)
{
    unroll_plain *plain = p->plain;
    unroll_plain_member *member = NULL;
    void *name = NULL, *unit = NULL;
    unroll_talk how = UNROLL_TALK_GOOD;
    bool sound = head->type <= UNROLL_PLAIN_OTHER && head->rank <= UNROLL_PLAIN_RANK && head->name_size > 0 &&
                 head->name_size <= UNROLL_PLAIN_NAME && head->unit_size > 0 && plain->count < UNROLL_MOST_MEMBERS;
    if (sound)
        member = unroll_one_more(plain->members, plain->count, sizeof *member);
    p->nonsense = !sound;
    p->no_memory = sound && member == NULL;
    if (member == NULL)
        return UNROLL_TALK_ENDED;
    plain->members = member;
    member += plain->count++;
    *member = (unroll_plain_member){.type = head->type, .rank = (int)head->rank, .scale = head->scale != 0};
    p->nonsense = !count_values(head, member);
    if (p->nonsense || (member->type == UNROLL_PLAIN_TEXT && !claim_room(p, member->count, sizeof(char *))))
        return UNROLL_TALK_ENDED;
    how = hear_bytes(p, head->name_size, &name);
    member->name = name;
    if (how == UNROLL_TALK_GOOD)
        how = hear_bytes(p, head->unit_size, &unit);
    member->unit = unit;
    if (how == UNROLL_TALK_GOOD)
        how = hear_bytes(p, head->values_size, &member->values);
    if (how != UNROLL_TALK_GOOD)
        return how;
    p->nonsense = !are_texts(name, head->name_size, 1) || !are_texts(unit, head->unit_size, 1) ||
                  (member->type == UNROLL_PLAIN_TEXT && !are_texts(member->values, head->values_size, member->count));
    if (p->nonsense)
        return UNROLL_TALK_ENDED;
    repair_texts(name, 1);
    repair_texts(unit, 1);
    if (member->type == UNROLL_PLAIN_TEXT)
        repair_texts(member->values, member->count);
    return UNROLL_TALK_GOOD;
}

static unroll_talk hear_reason(parsing *p, const unroll_plain_head *head)
{
    char text[sizeof p->reason];
    unroll_talk how;
    p->nonsense = head->name_size == 0 || head->name_size > sizeof text;
    if (p->nonsense)
        return UNROLL_TALK_ENDED;
    how = unroll_hear(text, head->name_size);
    text[head->name_size - 1] = '\0';
    unroll_text_quote(p->reason, sizeof p->reason, text);
    p->nonsense = p->reason[0] == '\0' && head->kind == UNROLL_PLAIN_FAILURE;
    return how;
}

static unroll_talk ask(parsing *p, const unsigned char *bytes, size_t size)
{
    unroll_parse_request request = {UNROLL_PARSE_MAGIC, size};
    unroll_plain_head head;
    unroll_talk how = unroll_tell(&request, sizeof request);
    if (how == UNROLL_TALK_GOOD)
        how = unroll_tell(bytes, size);
    while (how == UNROLL_TALK_GOOD) {
        how = unroll_hear(&head, sizeof head);
        if (how != UNROLL_TALK_GOOD)
            return how;
        switch (head.kind) {
        case UNROLL_PLAIN_MEMBER:
            how = hear_member(p, &head);
            break;
        case UNROLL_PLAIN_END:
        case UNROLL_PLAIN_FAILURE:
            return hear_reason(p, &head);
        default:
            p->nonsense = true;
            return UNROLL_TALK_ENDED;
        }
    }
    return how;
}

/* ---- what came of it ---- */

/* What a process that ended instead of answering says of the file. */
static unroll_status blame(const char *shown, size_t size, int64_t ended)
{
    int number = ended > 128 && ended < 256 ? (int)ended - 128 : 0;
    if (ended == UNROLL_CHILD_TOO_LARGE)
        return unroll_error(UNROLL_DAMAGED, "%s is of no use: reading it takes more than %llu MB of memory", shown,
                            (unsigned long long)(unroll_parse_memory(size) >> 20));
    if (number == SIGXCPU)
        return unroll_error(UNROLL_DAMAGED, "%s is of no use: reading it takes more than %u s", shown,
                            unroll_parse_seconds(size));
    if (ended == UNROLL_CHILD_NO_MEMORY)
        return unroll_error(UNROLL_FAILED, "cannot read %s: out of memory", shown);
    if (number > 0 && number != SIGKILL && number != SIGTERM)
        return unroll_error(UNROLL_DAMAGED, "%s is of no use: HDF5's library crashes on it (signal %d)", shown, number);
    if (number == 0 && ended != UNROLL_CHILD_ANSWERED && ended != UNROLL_CHILD_NO_PROCESS)
        return unroll_error(UNROLL_DAMAGED, "%s is of no use: HDF5's library gives up on it (status %lld)", shown,
                            (long long)ended);
    return unroll_error(UNROLL_FAILED, "cannot read %s: the process that parses it was killed", shown);
}

static unroll_status not_parsed(const char *shown, const char *why)
{
    return unroll_error(UNROLL_FAILED, "cannot read %s: the process that parses it %s", shown, why);
}

static void hang_up(void)
{
    unroll_hang_up();
    served = 0;
}

/* A process for the file, made ready. */
static unroll_status get_process(const char *shown)
{
    int64_t ended;
    int reason = unroll_child_start();
    unroll_talk how;
    if (reason != 0)
        return not_parsed(shown, strerror(reason));
    how = unroll_is_connected() ? UNROLL_TALK_GOOD : unroll_accept_offer(&ended);
    if (how == UNROLL_TALK_GOOD)
        return unroll_ok();
    unroll_child_kill();
    return how == UNROLL_TALK_STOPPED ? unroll_error(UNROLL_STOPPED, "stopped while %s was read", shown)
                               : not_parsed(shown, "cannot be started");
}

void unroll_store_start_child(void)
{
    pthread_mutex_lock(&lock);
    get_process("a file");
    pthread_mutex_unlock(&lock);
}

static unroll_status parse_once(const char *path, const unsigned char *bytes, size_t size, unroll_plain *plain)
{
    parsing p = {.plain = plain, .room = unroll_parse_memory(size)};
    char shown[PATH_SHOWN];
    int64_t ended = 128 + SIGKILL;
    unroll_talk how;
    UNROLL_TRY(get_process(unroll_text_quote(shown, sizeof shown, path)));
    how = ask(&p, bytes, size);
    if (how == UNROLL_TALK_GOOD && p.reason[0] == '\0') {
        served++;
        return unroll_ok();
    }
    hang_up();
    if (how == UNROLL_TALK_GOOD)
        return unroll_error(UNROLL_DAMAGED, "%s: %s", shown, p.reason);
    if (how == UNROLL_TALK_ENDED && !p.nonsense && !p.no_memory && !p.too_large &&
        unroll_accept_offer(&ended) == UNROLL_TALK_GOOD)
        return blame(shown, size, ended);
    unroll_child_kill();
    if (how == UNROLL_TALK_STOPPED)
        return unroll_error(UNROLL_STOPPED, "stopped while %s was read", shown);
    if (how == UNROLL_TALK_SILENT)
        return not_parsed(shown, "does not answer");
    if (p.no_memory)
        return unroll_error(UNROLL_FAILED, "cannot read %s: out of memory", shown);
    if (p.too_large)
        return blame(shown, size, UNROLL_CHILD_TOO_LARGE);
    if (p.nonsense)
        return unroll_error(UNROLL_DAMAGED, "%s is of no use: parsing it gives nonsense", shown);
    return not_parsed(shown, "was killed");
}

/* Parses, with a process of its own unless it is to be shared. Where another file was there before, what fails tells
   nothing: it is tried again alone. */
static unroll_status parse_locked(const char *path, bool shared, const unsigned char *bytes, size_t size,
                                  unroll_plain *plain)
{
    unroll_status status;
    bool first;
    if (!shared || served >= MOST_SHARED)
        hang_up();
    first = served == 0;
    unroll_talk_begin();
    status = parse_once(path, bytes, size, plain);
    if (!first && (status.code == UNROLL_DAMAGED || status.code == UNROLL_FAILED)) {
        unroll_plain_empty(plain);
        status = parse_once(path, bytes, size, plain);
    }
    if (!shared)
        hang_up();
    return status;
}

static unroll_status parse(const char *path, bool shared, const unsigned char *bytes, size_t size, unroll_plain *plain)
{
    unroll_status status = unroll_ok();
    for (int i = 0; i < TRIES; i++) {
        pthread_mutex_lock(&lock);
        status = parse_locked(path, shared, bytes, size, plain);
        pthread_mutex_unlock(&lock);
        if (status.code != UNROLL_FAILED)
            return status;
        unroll_plain_empty(plain);
    }
    return status;
}

/* Before it is read: a file with a hole in it may be larger than all memory. */
static unroll_status check_size(const char *path, unroll_plain_source source)
{
    char shown[PATH_SHOWN];
    struct stat about;
    if (source != UNROLL_FROM_RUN || stat(path, &about) != 0 || !S_ISREG(about.st_mode) ||
        about.st_size <= (off_t)MOST_RECORD << 20)
        return unroll_ok();
    return unroll_error(UNROLL_DAMAGED, "%s is no record of a run: it is larger than %d MB",
                        unroll_text_quote(shown, sizeof shown, path), MOST_RECORD);
}

unroll_status unroll_read_plain(const char *path, unroll_plain_source source, unroll_plain **plain)
{
    unsigned char *bytes;
    size_t size;
    unroll_status status;
    *plain = NULL;
    UNROLL_TRY(check_size(path, source));
    UNROLL_TRY(unroll_h5_read_bytes(path, source != UNROLL_FROM_USER, &bytes, &size));
    *plain = calloc(1, sizeof **plain);
    if (*plain != NULL) {
        (*plain)->path = path;
        status = parse(path, source == UNROLL_FROM_RUN, bytes, size, *plain);
    } else {
        status = unroll_error(UNROLL_FAILED, "out of memory for %.300s", path);
    }
    free(bytes);
    if (status.code == UNROLL_OK)
        return status;
    unroll_plain_free(*plain);
    *plain = NULL;
    return status;
}
