#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Reads the rows of one JSON array: the root itself, or a member of the root object. A row's wanted fields arrive in
/// slots, one per name given at opening. Never throws and never ends the process, whatever the bytes.
typedef struct csimdjson_reader csimdjson_reader;

typedef enum {
    CSIMDJSON_ABSENT = 0,
    CSIMDJSON_NULL = 1,
    /// `text` is the string itself.
    CSIMDJSON_STRING = 2,
    /// `text` still holds escapes: `csimdjson_unescape` gives the string.
    CSIMDJSON_ESCAPED_STRING = 3,
    /// `text` is the number as written; `number` its value, NaN if a double can't hold it.
    CSIMDJSON_NUMBER = 4,
    CSIMDJSON_BOOLEAN = 5,
    /// An object or an array: `text` is its JSON.
    CSIMDJSON_CONTAINER = 6
} csimdjson_kind;

/// Valid until the next row is read.
typedef struct {
    const char *text;
    size_t length;
    double number;
    csimdjson_kind kind;
} csimdjson_slot;

typedef enum {
    /// The slots hold an object of the array.
    CSIMDJSON_ROW = 0,
    /// The element is no object.
    CSIMDJSON_NOT_AN_OBJECT = 1,
    /// The document was read to its end and is complete.
    CSIMDJSON_END = 2,
    CSIMDJSON_MALFORMED = 3,
    /// JSON, but without the array.
    CSIMDJSON_NO_ARRAY = 4,
    CSIMDJSON_OUT_OF_MEMORY = 5
} csimdjson_status;

/// Copies `bytes`.
///
/// - array: the member of the root object that holds the rows, in any case; NULL where the root is the array.
/// - flag: a member of the root object to look out for, may be NULL.
/// - names: the fields wanted. A key that matches exactly wins over one that differs in case.
/// Returns NULL if there is no memory.
csimdjson_reader *csimdjson_open(
    const uint8_t *bytes, size_t length, const char *array, const char *flag, const char *const *names, size_t count);

/// Fills `slots`, as many as names were given, unless the status is not CSIMDJSON_ROW. Once it is none of ROW and
/// NOT_AN_OBJECT, it stays.
csimdjson_status csimdjson_next(csimdjson_reader *reader, csimdjson_slot *slots);

/// Turns an ESCAPED_STRING slot of the present row into a STRING one. Returns 0 if its escapes are malformed.
int csimdjson_unescape(csimdjson_reader *reader, csimdjson_slot *slot);

/// Whether the flag member was a string that is not empty. Complete at CSIMDJSON_END.
int csimdjson_has_flag(const csimdjson_reader *reader);

/// The flag member's text without escapes; empty where there is none, or one of more than 64 KB. Valid until the reader is
/// closed.
const char *csimdjson_flag_text(const csimdjson_reader *reader, size_t *length);

void csimdjson_close(csimdjson_reader *reader);

#ifdef __cplusplus
}
#endif
