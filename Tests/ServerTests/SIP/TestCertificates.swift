/// Certificates of an authority that exists for these tests only, good for a hundred years: `openssl ecparam`, `req` and
/// `x509` made them, P-256 throughout.
enum TestCertificates {
    struct Pair: Sendable {
        let certificate: String
        let key: String
    }

    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBpzCCAU2gAwIBAgIUQow0skoHpCa1xbI81/h2F1sMZGIwCgYIKoZIzj0EAwIw
        IDEeMBwGA1UEAwwVUGFybGV5IHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMTEyNDAx
        NVoYDzIxMjYxMDI4MTI0MDE1WjAgMR4wHAYDVQQDDBVQYXJsZXkgdGVzdCBhdXRo
        b3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQYpmhLc64wrA/dO0ImLLTO
        MMXrhqT7rOhVwGLk4+1TLwbPYMemz6WY4M7MKv6HAd17N6I94uIietNS0l5IUi37
        o2MwYTAdBgNVHQ4EFgQUGgDPBKLZk/vwYHA9lrUeok0CLmEwHwYDVR0jBBgwFoAU
        GgDPBKLZk/vwYHA9lrUeok0CLmEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8E
        BAMCAgQwCgYIKoZIzj0EAwIDSAAwRQIgahSXN00u43ycPtTQ58fxPi2foyLrHcHE
        LqJQEfFx9YQCIQDpqA1KGASjvX81Y9g4stU6R4IVBq49VARkpxJlJ1YQYA==
        -----END CERTIFICATE-----
        """

    /// `us.example` and the address 127.0.0.1.
    static let us = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIByTCCAW+gAwIBAgIUNx08iIU/hpe7wSJB3onBgpCD6hMwCgYIKoZIzj0EAwIw
            IDEeMBwGA1UEAwwVUGFybGV5IHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMTEyNDAx
            NVoYDzIxMjYxMDI4MTI0MDE1WjAVMRMwEQYDVQQDDAp1cy5leGFtcGxlMFkwEwYH
            KoZIzj0CAQYIKoZIzj0DAQcDQgAEOPiLZ2TbmFrE43zcHyKcLW15D3mPd2c9Ox/V
            zqoiGuoZndpCaV/H4rvCiJB1hGpBMA0MHD7xeJ4FWr7MMY5cwqOBjzCBjDAbBgNV
            HREEFDASggp1cy5leGFtcGxlhwR/AAABMB0GA1UdJQQWMBQGCCsGAQUFBwMBBggr
            BgEFBQcDAjAOBgNVHQ8BAf8EBAMCB4AwHQYDVR0OBBYEFBJ0F06CUc/Td9FogDB3
            TqIjBtOrMB8GA1UdIwQYMBaAFBoAzwSi2ZP78GBwPZa1HqJNAi5hMAoGCCqGSM49
            BAMCA0gAMEUCIFbv+9QGc8xSy605i4ktWlLYqAzYsLubllP9vCPBaUX0AiEAsi3I
            eAMDU6cdrXO6V9StAS9BiFM5khCB1vSNOBpD3sc=
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKLfYtViC314R7XHb
            Xf61SE2M8KNsNRvA//BKaZa4HL6hRANCAAQ4+ItnZNuYWsTjfNwfIpwtbXkPeY93
            Zz07H9XOqiIa6hmd2kJpX8fiu8KIkHWEakEwDQwcPvF4ngVavswxjlzC
            -----END PRIVATE KEY-----
            """)

    /// `them.example`.
    static let them = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBxzCCAW2gAwIBAgIUNx08iIU/hpe7wSJB3onBgpCD6hQwCgYIKoZIzj0EAwIw
            IDEeMBwGA1UEAwwVUGFybGV5IHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyMTEyNDAx
            NVoYDzIxMjYxMDI4MTI0MDE1WjAXMRUwEwYDVQQDDAx0aGVtLmV4YW1wbGUwWTAT
            BgcqhkjOPQIBBggqhkjOPQMBBwNCAASV3r4BgF4aYJBC5/lUMDN6r2O9qanz8DWj
            RcpYOIwueAb58/A8R+xeBVniCg0dxW3+9WxU0GB7c/8e8q+r5/HWo4GLMIGIMBcG
            A1UdEQQQMA6CDHRoZW0uZXhhbXBsZTAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYB
            BQUHAwIwDgYDVR0PAQH/BAQDAgeAMB0GA1UdDgQWBBQTTfwOBhIDSCAkfgiPj2tk
            Y4ZYSzAfBgNVHSMEGDAWgBQaAM8EotmT+/BgcD2WtR6iTQIuYTAKBggqhkjOPQQD
            AgNIADBFAiEA5TCu3D1VKHleGKpEyUmucYSrmhlJGN51SjGn/PUZH/cCIHQ3qAl4
            5cks7/SHFoEys4sXhpJ2ysmgxR+Z6PS6a9p7
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSGjb29E8oWmQKjt+
            9oHszGgtf/W3/Wsr2TmgNlo14RahRANCAASV3r4BgF4aYJBC5/lUMDN6r2O9qanz
            8DWjRcpYOIwueAb58/A8R+xeBVniCg0dxW3+9WxU0GB7c/8e8q+r5/HW
            -----END PRIVATE KEY-----
            """)
}
