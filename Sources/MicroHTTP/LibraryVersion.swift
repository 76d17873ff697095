import CMicroHTTPD

extension HTTPServer {
    /// Of the libmicrohttpd that is loaded, such as `libmicrohttpd 0.9.75`.
    public static var libraryVersion: String {
        "libmicrohttpd " + String(cString: MHD_get_version())
    }
}
