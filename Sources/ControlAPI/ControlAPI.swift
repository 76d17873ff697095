import ConnectorCore
import MicroHTTP

/// The routes of the service: what `openapi/openapi.yaml` describes.
public struct ControlAPI: Sendable {
    /// The largest request body that makes sense; what serves the API refuses a larger one.
    public static let bodyBytesMax = 16 * 1024

    let dependencies: ControlAPIDependencies
    let watch: JobWatch
    let checks: CheckSlots
    let shownJobs = ShownJobs()
    let storeHealth: StoreHealth
    /// Finds the handler of a request; give it to `HTTPServer`.
    public private(set) var router = Router()
    /// Probes and metrics alone, for an address of their own.
    public private(set) var probeRouter = Router()

    public init(_ dependencies: ControlAPIDependencies) {
        self.dependencies = dependencies
        watch = JobWatch(store: dependencies.store, limits: dependencies.limits)
        checks = CheckSlots(max: dependencies.limits.checksMax)
        storeHealth = StoreHealth(dependencies.store, changed: dependencies.storeChanged)
        // Weak, so that a source of changes that outlives the API does not keep it.
        dependencies.onJobChange { [weak watch] in watch?.jobChanged($0) }
        let api = self
        api.addImportRoutes(to: &router)
        api.addJobRoutes(to: &router)
        api.addConnectionRoutes(to: &router)
        api.addProbeRoutes(to: &router)
        api.addProbeRoutes(to: &probeRouter)
        api.addPageRoutes(to: &router)
    }

    /// A handler behind the access policy; a refusal becomes its answer.
    func guarded(_ need: AccessPolicy.Need, _ handler: @escaping HTTPHandler) -> HTTPHandler {
        let (access, storeHealth) = (dependencies.access, storeHealth)
        return { request in
            do {
                try access.check(request, for: need)
                let response = try handler(request)
                if need == .operate { storeHealth.served() }
                return response
            } catch let refusal as Refusal {
                return refusal.response
            } catch let failure as any ClassifiedFailure {
                // Nothing but the store fails so in a handler.
                storeHealth.failed(failure.jobFailure.message)
                return Refusal.storeUnavailable(failure.jobFailure.message).response
            }
        }
    }

    func connection(_ name: String) -> ConnectionInfo? {
        dependencies.connections.first { $0.name == name }
    }
}
