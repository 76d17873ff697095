import ConnectorCore

/// Cuts objects into envelopes, one each time a sender asks: memory holds the envelopes on their way and no others.
actor EnvelopeSource {
    private let objects: GraphObjects
    private var writer: EnvelopeWriter
    private var vertices = 0
    private var edges = 0
    private var started = false

    init(_ objects: GraphObjects, settings: CARSettings, run: RunIdentity) {
        self.objects = objects
        writer = EnvelopeWriter(settings, run: run)
    }

    /// The next envelope, `nil` when everything was taken. Without objects there is one, of source and report alone.
    func next() -> Envelope? {
        if started, vertices == objects.vertices.count, edges == objects.edges.count { return nil }
        started = true
        while vertices < objects.vertices.count, writer.add(objects.vertices[vertices]) { vertices += 1 }
        if vertices == objects.vertices.count {
            while edges < objects.edges.count, writer.add(objects.edges[edges]) { edges += 1 }
        }
        return writer.finish()
    }
}
