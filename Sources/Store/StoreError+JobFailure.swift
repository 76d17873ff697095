import ConnectorCore

/// A run that the store ended says so in the words of the store: they name the file and the way out.
extension StoreError: ClassifiedFailure {
    public var jobFailure: JobFailure { .internal(description) }
}
