import Metrics
import Testing

@testable import Telemetry

@Suite struct `Metrics as text` {
    private func registry() -> MetricRegistry {
        let registry = MetricRegistry(declaring: [
            MetricDeclaration(
                "app_jobs_total", .counter, help: "Jobs \\ that\nended \"well\".",
                labels: [.init("kind", values: ["initial", "incremental"]), .init("outcome", values: ["ok"])]),
            MetricDeclaration("app_running", .gauge, help: "Running now."),
            MetricDeclaration("app_seconds", .histogram(buckets: [0.5, 1]), help: "Time.", labels: [.init("api")]),
        ])
        registry.add(2, to: "app_jobs_total", ["outcome": "ok", "kind": "initial"])
        registry.set("app_running", 1.5)
        for value in [0.25, 1, 3] { registry.observe(value, in: "app_seconds", ["api": "a\"b\\c\nd"]) }
        return registry
    }

    @Test func `is Prometheus text format`() {
        #expect(
            PrometheusText.render(registry().snapshot(), as: .prometheus) == #"""
                # HELP app_jobs_total Jobs \\ that\nended "well".
                # TYPE app_jobs_total counter
                app_jobs_total{kind="incremental",outcome="ok"} 0
                app_jobs_total{kind="initial",outcome="ok"} 2
                # HELP app_running Running now.
                # TYPE app_running gauge
                app_running 1.5
                # HELP app_seconds Time.
                # TYPE app_seconds histogram
                app_seconds_bucket{api="a\"b\\c\nd",le="0.5"} 1
                app_seconds_bucket{api="a\"b\\c\nd",le="1"} 2
                app_seconds_bucket{api="a\"b\\c\nd",le="+Inf"} 3
                app_seconds_sum{api="a\"b\\c\nd"} 4.25
                app_seconds_count{api="a\"b\\c\nd"} 3

                """#)
    }

    @Test func `is OpenMetrics`() {
        #expect(
            PrometheusText.render(registry().snapshot(), as: .openMetrics) == #"""
                # HELP app_jobs Jobs \\ that\nended \"well\".
                # TYPE app_jobs counter
                app_jobs_total{kind="incremental",outcome="ok"} 0
                app_jobs_total{kind="initial",outcome="ok"} 2
                # HELP app_running Running now.
                # TYPE app_running gauge
                app_running 1.5
                # HELP app_seconds Time.
                # TYPE app_seconds histogram
                # UNIT app_seconds seconds
                app_seconds_bucket{api="a\"b\\c\nd",le="0.5"} 1
                app_seconds_bucket{api="a\"b\\c\nd",le="1.0"} 2
                app_seconds_bucket{api="a\"b\\c\nd",le="+Inf"} 3
                app_seconds_sum{api="a\"b\\c\nd"} 4.25
                app_seconds_count{api="a\"b\\c\nd"} 3
                # EOF

                """#)
    }

    @Test func `writes numbers as Prometheus reads them`() {
        let cases: [(Double, String)] = [
            (0, "0"), (-3, "-3"), (1e16, "1e+16"), (0.1, "0.1"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
            (1_795_468_509.483, "1795468509.483"),
        ]
        for (value, text) in cases { #expect(PrometheusText.number(value) == text) }
    }
}

@Suite struct `The metric registry` {
    @Test func `is a backend of swift-metrics`() {
        let registry = MetricRegistry(declaring: [])
        Counter(label: "web.requests", dimensions: [("code-class", "2xx")], factory: registry).increment(by: 3)
        FloatingPointCounter(label: "waited_total", factory: registry).increment(by: 0.25)
        Gauge(label: "depth", factory: registry).record(4)
        Meter(label: "level", factory: registry).increment(by: 2)
        Timer(label: "took_seconds", factory: registry).recordMilliseconds(1500)
        Recorder(label: "size", factory: registry).record(7)
        #expect(registry.value("web_requests_total", ["code_class": "2xx"]) == 3)
        #expect(registry.value("waited_total") == 0.25)
        #expect(registry.value("depth") == 4)
        #expect(registry.value("level") == 2)
        let text = PrometheusText.render(registry.snapshot(), as: .prometheus)
        #expect(text.contains("took_seconds_sum 1.5\n"))
        #expect(text.contains("size_count 1\n"))
    }

    @Test func `keeps a bounded number of series and sums up the rest`() {
        let labels = [MetricDeclaration.Label("a"), MetricDeclaration.Label("b")]
        let registry = MetricRegistry(declaring: [.init("x_total", .counter, help: "", labels: labels)], seriesMax: 10)
        for number in 0..<1000 { registry.add(to: "x_total", ["a": "\(number)", "b": "c"]) }
        #expect(registry.snapshot()[0].samples.count == 10)
        #expect(registry.value("x_total", ["a": "other", "b": "other"]) == 991)
        registry.add(to: "x_total", ["a": "3", "b": "c"])
        #expect(registry.value("x_total", ["a": "3", "b": "c"]) == 2)
    }

    @Test func `keeps a bounded number of metrics nobody declared`() {
        let registry = MetricRegistry(declaring: [])
        for number in 0..<1000 { Counter(label: "c\(number)", factory: registry).increment() }
        #expect(registry.snapshot().count == MetricRegistry.undeclaredMax)
    }

    @Test func `ignores a metric that is used as another type`() {
        let registry = MetricRegistry(declaring: [.init("x_total", .counter, help: "")])
        Gauge(label: "x_total", factory: registry).record(5)
        registry.observe(1, in: "x_total")
        #expect(registry.value("x_total") == 0)
        #expect(registry.snapshot().count == 1)
    }

    @Test func `counters do not fall and histograms take no odd numbers`() {
        let registry = MetricRegistry(declaring: [
            .init("x_total", .counter, help: ""), .init("h", .histogram(buckets: [1]), help: ""),
        ])
        for amount in [-1, .nan, .infinity] as [Double] {
            registry.add(amount, to: "x_total")
            if amount != -1 { registry.observe(amount, in: "h") }
        }
        #expect(registry.value("x_total") == 0)
        #expect(registry.snapshot()[0].samples[0].value == .histogram(HistogramValue(bounds: [1])))
    }

    @Test func `counts what many threads add`() async {
        let registry = MetricRegistry(declaring: [.init("x_total", .counter, help: "", labels: [.init("a")])])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { for _ in 0..<1000 { registry.add(to: "x_total", ["a": "\(number % 2)"]) } }
            }
        }
        #expect(registry.value("x_total", ["a": "0"]) == 4000)
    }
}
