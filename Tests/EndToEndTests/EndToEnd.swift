import Testing

/// The built program as a child process against both simulators. One scenario at a time: each has several processes' work.
@Suite(.serialized) struct `End to end` {}
