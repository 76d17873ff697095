#include "CSimdJSON.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

using namespace simdjson;
using std::string_view;

namespace {

/// A key may be compared at any place of the input, so it must not be longer than the padding behind it.
constexpr size_t remembered_key_bytes_max = SIMDJSON_PADDING - 2;

/// A longer one is known to be there, but not kept.
constexpr size_t flag_text_bytes_max = 64 << 10;

constexpr int no_slot = -1;

struct key_target {
    int slot = no_slot;
    bool exact = false;
};

/// The key seen at a position of the rows before: rows mostly repeat the same keys in the same order.
struct remembered_key {
    std::string name;
    bool usable = false;
    key_target target;
};

bool equal_ignoring_case(string_view a, string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i++) {
        auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

/// The surrogate that an escape sequence at this place stands for, 0 for anything else.
unsigned surrogate_at(string_view text, size_t place) {
    if (place + 6 > text.size() || text[place] != '\\' || text[place + 1] != 'u') return 0;
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data() + place + 2, text.data() + place + 6, value, 16);
    bool is_surrogate = error == std::errc() && end == text.data() + place + 6 && value >= 0xD800 && value <= 0xDFFF;
    return is_surrogate ? value : 0;
}

/// Halves of surrogate pairs, as a server leaves them that cuts a text between two UTF-16 units, become U+FFFD: for one
/// of them no answer is given up. Returns whether there were any.
bool replace_lone_surrogates(std::string &text) {
    bool found = false;
    for (size_t i = 0; i < text.size();) {
        if (text[i] != '\\') {
            i++;
            continue;
        }
        unsigned first = surrogate_at(text, i);
        if (first == 0) {
            i += 2;
        } else if (first < 0xDC00 && surrogate_at(text, i + 6) >= 0xDC00) {
            i += 12;
        } else {
            text.replace(i, 6, "\\ufffd");
            found = true;
            i += 6;
        }
    }
    return found;
}

/// A token reaches up to the next one: without the white space at its end.
string_view trimmed(string_view token) {
    while (!token.empty() && strchr(" \t\r\n", token.back()) && token.back() != 0) token.remove_suffix(1);
    return token;
}

/// RFC 8259 section 6.
bool is_number(string_view text) {
    size_t i = 0;
    auto digits = [&] {
        size_t start = i;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9') i++;
        return i > start;
    };
    if (i < text.size() && text[i] == '-') i++;
    if (i < text.size() && text[i] == '0') {
        i++;
    } else if (!digits()) {
        return false;
    }
    if (i < text.size() && text[i] == '.') {
        i++;
        if (!digits()) return false;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
        if (!digits()) return false;
    }
    return i == text.size();
}

double number_value(string_view text) {
    double value = 0;
    auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return result.ec == std::errc() ? value : std::nan("");
}

/// Fills a slot from the raw text of a scalar. False if it is no JSON scalar.
bool read_scalar(string_view token, csimdjson_slot &slot) {
    slot.text = token.data();
    slot.length = token.size();
    if (token.empty()) return false;
    switch (token.front()) {
    case '"':
        if (token.size() < 2 || token.back() != '"') return false;
        slot.text++;
        slot.length -= 2;
        slot.kind = memchr(slot.text, '\\', slot.length) ? CSIMDJSON_ESCAPED_STRING : CSIMDJSON_STRING;
        return true;
    case 'n':
        slot.kind = CSIMDJSON_NULL;
        return token == "null";
    case 't':
    case 'f':
        slot.kind = CSIMDJSON_BOOLEAN;
        return token == "true" || token == "false";
    default:
        slot.kind = CSIMDJSON_NUMBER;
        if (!is_number(token)) return false;
        slot.number = number_value(token);
        return true;
    }
}

}  // namespace

struct csimdjson_reader {
    enum class phase { unopened, root, rows, finished };

    std::unique_ptr<char[]> input;
    size_t length = 0;
    bool root_is_array = false;
    std::string array_name;
    std::string flag_name;
    std::vector<std::string> names;

    ondemand::parser parser;
    ondemand::document document;
    simdjson_result<ondemand::object_iterator> member, members_end;
    simdjson_result<ondemand::array_iterator> element, elements_end;

    phase state = phase::unopened;
    bool member_pending = false;
    bool element_pending = false;
    bool array_seen = false;
    bool flag = false;
    std::string flag_text;
    csimdjson_status final_status = CSIMDJSON_MALFORMED;
    std::vector<remembered_key> keys;
    std::vector<bool> exact;
    /// Holds the unescaped texts of the present row.
    std::vector<std::unique_ptr<uint8_t[]>> texts;

    csimdjson_status finish(csimdjson_status status) {
        // After an error nothing of simdjson may be touched again: its iterators have let go of the parser.
        state = phase::finished;
        final_status = status;
        return status;
    }

    csimdjson_status next(csimdjson_slot *slots) {
        texts.clear();
        if (state == phase::unopened && !open()) return final_status;
        while (true) {
            switch (state) {
            case phase::rows:
                if (element_pending) ++element;
                element_pending = true;
                if (element != elements_end) return read_row(slots);
                if (root_is_array) return finish(at_end() ? CSIMDJSON_END : CSIMDJSON_MALFORMED);
                state = phase::root;
                break;
            case phase::root:
                if (!next_member()) return final_status;
                break;
            default:
                return final_status;
            }
        }
    }

    bool open() {
        if (parser.iterate(input.get(), length, length + SIMDJSON_PADDING).get(document)) {
            return finish(CSIMDJSON_MALFORMED), false;
        }
        ondemand::json_type type;
        if (document.type().get(type)) return finish(CSIMDJSON_MALFORMED), false;
        if (root_is_array) {
            if (type != ondemand::json_type::array) return finish(CSIMDJSON_NO_ARRAY), false;
            ondemand::array array;
            if (document.get_array().get(array)) return finish(CSIMDJSON_MALFORMED), false;
            return start(array);
        }
        if (type != ondemand::json_type::object) return finish(CSIMDJSON_NO_ARRAY), false;
        ondemand::object object;
        if (document.get_object().get(object)) return finish(CSIMDJSON_MALFORMED), false;
        member = object.begin();
        members_end = object.end();
        if (member.error() || members_end.error()) return finish(CSIMDJSON_MALFORMED), false;
        state = phase::root;
        return true;
    }

    bool start(ondemand::array array) {
        element = array.begin();
        elements_end = array.end();
        if (element.error() || elements_end.error()) return finish(CSIMDJSON_MALFORMED), false;
        state = phase::rows;
        element_pending = false;
        array_seen = true;
        return true;
    }

    /// Looks at the root's next member. False when the reading is over.
    bool next_member() {
        if (member_pending) ++member;
        member_pending = true;
        if (!(member != members_end)) {
            bool complete = at_end();
            finish(!complete ? CSIMDJSON_MALFORMED : array_seen ? CSIMDJSON_END : CSIMDJSON_NO_ARRAY);
            return false;
        }
        ondemand::field field;
        string_view key;
        ondemand::json_type type;
        if ((*member).get(field) || field.unescaped_key().get(key) || field.value().type().get(type)) {
            return finish(CSIMDJSON_MALFORMED), false;
        }
        if (!array_seen && type == ondemand::json_type::array && equal_ignoring_case(key, array_name)) {
            ondemand::array array;
            if (field.value().get_array().get(array)) return finish(CSIMDJSON_MALFORMED), false;
            return start(array);
        }
        if (!flag_name.empty() && type == ondemand::json_type::string && equal_ignoring_case(key, flag_name)) {
            csimdjson_slot slot;
            if (!read_scalar(trimmed(field.value().raw_json_token()), slot)) {
                return finish(CSIMDJSON_MALFORMED), false;
            }
            flag = flag || slot.length > 0;
            if (flag_text.empty() && slot.length > 0 && slot.length <= flag_text_bytes_max) {
                if (slot.kind == CSIMDJSON_ESCAPED_STRING && !unescape(&slot)) {
                    return finish(CSIMDJSON_MALFORMED), false;
                }
                flag_text.assign(slot.text, slot.length);
            }
        }
        return true;
    }

    /// Whether nothing follows the root.
    bool at_end() {
        return document.current_location().error() == OUT_OF_BOUNDS;
    }

    csimdjson_status read_row(csimdjson_slot *slots) {
        for (size_t i = 0; i < names.size(); i++) {
            slots[i] = csimdjson_slot{nullptr, 0, std::nan(""), CSIMDJSON_ABSENT};
            exact[i] = false;
        }
        ondemand::value value;
        ondemand::json_type type;
        if ((*element).get(value) || value.type().get(type)) return finish(CSIMDJSON_MALFORMED);
        if (type != ondemand::json_type::object) {
            csimdjson_slot ignored;
            if (type != ondemand::json_type::array && !read_scalar(trimmed(value.raw_json_token()), ignored)) {
                return finish(CSIMDJSON_MALFORMED);
            }
            return CSIMDJSON_NOT_AN_OBJECT;
        }
        ondemand::object object;
        if (value.get_object().get(object)) return finish(CSIMDJSON_MALFORMED);
        size_t position = 0;
        for (auto result : object) {
            ondemand::field field;
            if (std::move(result).get(field)) return finish(CSIMDJSON_MALFORMED);
            key_target target;
            if (!find(field, position++, target)) return finish(CSIMDJSON_MALFORMED);
            if (target.slot == no_slot || (exact[target.slot] && !target.exact)) continue;
            if (!read_field(field.value(), slots[target.slot])) return finish(CSIMDJSON_MALFORMED);
            exact[target.slot] = target.exact;
        }
        return CSIMDJSON_ROW;
    }

    /// Which slot the field goes to. False if its key is malformed.
    bool find(ondemand::field &field, size_t position, key_target &target) {
        if (position < keys.size() && keys[position].usable
            && field.key().unsafe_is_equal(string_view(keys[position].name))) {
            target = keys[position].target;
            return true;
        }
        // An unescaped key can only be compared again later if it has no escapes; its raw form begins where it stood.
        const char *raw = field.key().raw();
        string_view key;
        if (field.unescaped_key().get(key)) return false;
        for (size_t i = 0; i < names.size(); i++) {
            if (key == names[i]) {
                target = key_target{int(i), true};
                break;
            }
            if (target.slot == no_slot && equal_ignoring_case(key, names[i])) target = key_target{int(i), false};
        }
        // Rows with very many fields are not worth remembering.
        if (position >= 256) return true;
        if (position >= keys.size()) keys.resize(position + 1);
        auto &remembered = keys[position];
        remembered.usable = key.size() <= remembered_key_bytes_max && memcmp(raw, key.data(), key.size()) == 0
            && raw[key.size()] == '"' && key.find('\\') == string_view::npos && key.find('"') == string_view::npos;
        if (remembered.usable) remembered.name.assign(key);
        remembered.target = target;
        return true;
    }

    static bool read_field(ondemand::value &value, csimdjson_slot &slot) {
        slot = csimdjson_slot{nullptr, 0, std::nan(""), CSIMDJSON_ABSENT};
        ondemand::json_type type;
        if (value.type().get(type)) return false;
        if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
            slot.kind = CSIMDJSON_CONTAINER;
            string_view json;
            if (type == ondemand::json_type::array) {
                ondemand::array array;
                if (value.get_array().get(array) || array.raw_json().get(json)) return false;
            } else {
                ondemand::object object;
                if (value.get_object().get(object) || object.raw_json().get(json)) return false;
            }
            slot.text = json.data();
            slot.length = json.size();
            return true;
        }
        return read_scalar(trimmed(value.raw_json_token()), slot);
    }

    int unescape(csimdjson_slot *slot) {
        // simdjson writes in blocks and reads up to the closing quote, which lies behind the slot's text.
        texts.emplace_back(new uint8_t[slot->length + SIMDJSON_PADDING]);
        uint8_t *end = texts.back().get();
        ondemand::raw_json_string raw(reinterpret_cast<const uint8_t *>(slot->text));
        string_view text;
        if (parser.unescape(raw, end).get(text)) {
            // With the closing quote.
            std::string repaired(slot->text, slot->length + 1);
            if (!replace_lone_surrogates(repaired)) return 0;
            repaired.append(SIMDJSON_PADDING, '\0');
            end = texts.back().get();
            raw = ondemand::raw_json_string(reinterpret_cast<const uint8_t *>(repaired.data()));
            if (parser.unescape(raw, end).get(text)) return 0;
        }
        slot->text = text.data();
        slot->length = text.size();
        slot->kind = CSIMDJSON_STRING;
        return 1;
    }
};

csimdjson_reader *csimdjson_open(
    const uint8_t *bytes, size_t length, const char *array, const char *flag, const char *const *names, size_t count) {
    try {
        auto reader = std::make_unique<csimdjson_reader>();
        // The byte order mark some servers send is no JSON.
        if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
            bytes += 3;
            length -= 3;
        }
        reader->input.reset(new char[length + SIMDJSON_PADDING]);
        if (length > 0) memcpy(reader->input.get(), bytes, length);
        memset(reader->input.get() + length, 0, SIMDJSON_PADDING);
        reader->length = length;
        reader->root_is_array = array == nullptr;
        if (array) reader->array_name = array;
        if (flag) reader->flag_name = flag;
        for (size_t i = 0; i < count; i++) reader->names.emplace_back(names[i]);
        reader->exact.resize(count);
        return reader.release();
    } catch (...) {
        return nullptr;
    }
}

csimdjson_status csimdjson_next(csimdjson_reader *reader, csimdjson_slot *slots) {
    try {
        return reader->next(slots);
    } catch (...) {
        return reader->finish(CSIMDJSON_OUT_OF_MEMORY);
    }
}

int csimdjson_unescape(csimdjson_reader *reader, csimdjson_slot *slot) {
    try {
        if (slot->kind != CSIMDJSON_ESCAPED_STRING) return slot->kind == CSIMDJSON_STRING;
        return reader->unescape(slot);
    } catch (...) {
        reader->finish(CSIMDJSON_OUT_OF_MEMORY);
        return 0;
    }
}

int csimdjson_has_flag(const csimdjson_reader *reader) {
    return reader->flag;
}

const char *csimdjson_flag_text(const csimdjson_reader *reader, size_t *length) {
    *length = reader->flag_text.size();
    return reader->flag_text.data();
}

void csimdjson_close(csimdjson_reader *reader) {
    delete reader;
}
