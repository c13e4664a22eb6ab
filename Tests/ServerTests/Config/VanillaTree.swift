/// A configuration with the files, parameters, expressions and oddities of the tree FreeSWITCH ships, in our words and
/// cut down where the original repeats itself.
enum VanillaTree {
    static let files: [String: String] = [
        "fs/freeswitch.xml": root,
        "fs/vars.xml": vars,
        "fs/autoload_configs/verto.conf.xml": verto,
        "fs/autoload_configs/conference.conf.xml": conference,
        "fs/autoload_configs/switch.conf.xml": core,
        "fs/autoload_configs/acl.conf.xml": """
        <configuration name="acl.conf">
          <network-lists>
            <list name="lan" default="allow">
              <node type="deny" cidr="192.168.42.0/24"/>
              <node type="allow" cidr="192.168.42.42/32"/>
            </list>
            <list name="domains" default="deny"><node type="allow" domain="$${domain}"/></list>
          </network-lists>
        </configuration>
        """,
        "fs/autoload_configs/sofia.conf.xml": sofia,
        "fs/sip_profiles/internal.xml": internalProfile,
        "fs/sip_profiles/internal-ipv6.xml": internalIPv6Profile,
        "fs/sip_profiles/external.xml": externalProfile,
        "fs/sip_profiles/external/example.xml": gateway,
        // Not XML as strict readers see it; it belongs to a module we do not have.
        "fs/autoload_configs/sloppy.conf.xml":
            #"<configuration name="sloppy.conf"><param name="q" value="a&b"/></configuration>"#,
        "fs/directory/default.xml": directory,
        "fs/directory/default/1000.xml": user("1000"),
        "fs/directory/default/1001.xml": user("1001"),
        "fs/directory/default/brian.xml": """
        <include><user id="brian" cidr="192.0.2.0/24"><params><param name="password" value="$${default_password}"/>
        </params></user></include>
        """,
        "fs/dialplan/default.xml": dialplan,
        "fs/dialplan/default/01_example.xml":
            #"<include><extension name="more"><condition field="destination_number" expression="^more$"><action application="echo"/></condition></extension></include>"#,
        "fs/dialplan/public.xml": publicDialplan,
        "fs/lang/en/en.xml": "<include><language name=\"en\"><broken></language></include>",
    ]

    static let root = """
        <?xml version="1.0"?>
        <!-- The root of the tree -- it only includes. -->
        <document type="freeswitch/xml">
          <!--#comment directives in comments are not ours -->
          <X-PRE-PROCESS cmd="include" data="vars.xml"/>
          <section name="configuration" description="Various Configuration">
            <X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
          </section>
          <section name="dialplan" description="Regex/XML Dialplan">
            <X-PRE-PROCESS cmd="include" data="dialplan/*.xml"/>
          </section>
          <section name="chatplan" description="Regex/XML Chatplan">
            <X-PRE-PROCESS cmd="include" data="chatplan/*.xml"/>
          </section>
          <section name="directory" description="User Directory">
            <X-PRE-PROCESS cmd="include" data="directory/*.xml"/>
          </section>
          <section name="languages" description="Language Management">
            <X-PRE-PROCESS cmd="include" data="lang/en/*.xml"/>
            <X-NO-PRE-PROCESS cmd="include" data="lang/sv/*.xml"/>
          </section>
        </document>
        """

    static let sofia = """
        <configuration name="sofia.conf" description="sofia Endpoint">
          <global_settings>
            <param name="log-level" value="0"/>
            <param name="debug-presence" value="0"/>
          </global_settings>
          <profiles>
            <X-PRE-PROCESS cmd="include" data="../sip_profiles/*.xml"/>
          </profiles>
        </configuration>
        """

    /// The parameters that all profiles of the shipped tree have, most of which only FreeSWITCH knows.
    private static func common(_ name: String) -> String {
        """
        <param name="debug" value="0"/>
        <param name="sip-trace" value="no"/>
        <param name="sip-capture" value="no"/>
        <param name="rfc2833-pt" value="101"/>
        <param name="dialplan" value="XML"/>
        <param name="context" value="public"/>
        <param name="dtmf-duration" value="2000"/>
        <param name="inbound-codec-prefs" value="$${global_codec_prefs}"/>
        <param name="outbound-codec-prefs" value="$${outbound_codec_prefs}"/>
        <param name="hold-music" value="$${hold_music}"/>
        <param name="rtp-timer-name" value="soft"/>
        <param name="manage-presence" value="false"/>
        <param name="inbound-codec-negotiation" value="generous"/>
        <param name="nonce-ttl" value="60"/>
        <param name="inbound-late-negotiation" value="true"/>
        <param name="inbound-zrtp-passthru" value="true"/>
        <param name="rtp-timeout-sec" value="300"/>
        <param name="rtp-hold-timeout-sec" value="1800"/>
        <param name="tls" value="$${\(name)_ssl_enable}"/>
        <param name="tls-only" value="false"/>
        <param name="tls-bind-params" value="transport=tls"/>
        <param name="tls-sip-port" value="$${\(name)_tls_port}"/>
        <param name="tls-passphrase" value=""/>
        <param name="tls-verify-date" value="true"/>
        <param name="tls-verify-policy" value="none"/>
        <param name="tls-verify-depth" value="2"/>
        <param name="tls-verify-in-subjects" value=""/>
        <param name="tls-version" value="$${sip_tls_version}"/>
        """
    }

    static let internalProfile = """
        <profile name="internal">
          <aliases><!-- <alias name="default"/> --></aliases>
          <gateways></gateways>
          <domains><domain name="all" alias="true" parse="false"/></domains>
          <settings>
            \(common("internal"))
            <param name="watchdog-enabled" value="no"/>
            <param name="watchdog-step-timeout" value="30000"/>
            <param name="log-auth-failures" value="false"/>
            <param name="forward-unsolicited-mwi-notify" value="false"/>
            <param name="sip-port" value="$${internal_sip_port}"/>
            <param name="rtp-ip" value="$${local_ip_v4}"/>
            <param name="sip-ip" value="$${local_ip_v4}"/>
            <param name="apply-nat-acl" value="nat.auto"/>
            <param name="apply-inbound-acl" value="domains"/>
            <param name="local-network-acl" value="localnet.auto"/>
            <param name="record-path" value="$${recordings_dir}"/>
            <param name="presence-hosts" value="$${domain},$${local_ip_v4}"/>
            <param name="auth-calls" value="$${internal_auth_calls}"/>
            <param name="inbound-reg-force-matching-username" value="true"/>
            <param name="auth-all-packets" value="false"/>
            <param name="ext-rtp-ip" value="$${external_rtp_ip}"/>
            <param name="ext-sip-ip" value="$${external_sip_ip}"/>
            <param name="force-register-domain" value="$${domain}"/>
            <param name="force-subscription-domain" value="$${domain}"/>
            <param name="force-register-db-domain" value="$${domain}"/>
            <param name="ws-binding" value=":5066"/>
            <param name="wss-binding" value=":7443"/>
            <param name="challenge-realm" value="auto_from"/>
          </settings>
        </profile>
        """

    static let internalIPv6Profile = """
        <profile name="internal-ipv6">
          <settings>
            \(common("internal"))
            <param name="sip-port" value="$${internal_sip_port}"/>
            <param name="rtp-ip" value="$${local_ip_v6}"/>
            <param name="sip-ip" value="$${local_ip_v6}"/>
            <param name="apply-inbound-acl" value="domains"/>
            <param name="auth-calls" value="$${internal_auth_calls}"/>
          </settings>
        </profile>
        """

    static let externalProfile = """
        <profile name="external">
          <gateways>
            <X-PRE-PROCESS cmd="include" data="external/*.xml"/>
          </gateways>
          <aliases/>
          <domains><domain name="all" alias="false" parse="true"/></domains>
          <settings>
            \(common("external"))
            <param name="sip-port" value="$${external_sip_port}"/>
            <param name="local-network-acl" value="localnet.auto"/>
            <param name="auth-calls" value="false"/>
            <param name="rtp-ip" value="$${local_ip_v4}"/>
            <param name="sip-ip" value="$${local_ip_v4}"/>
            <param name="ext-rtp-ip" value="auto-nat"/>
            <param name="ext-sip-ip" value="auto-nat"/>
          </settings>
        </profile>
        """

    static let gateway = """
        <include>
          <gateway name="itsp">
            <param name="username" value="cluecon"/>
            <param name="realm" value="asterlink.com"/>
            <param name="password" value="2007"/>
            <param name="from-domain" value="asterlink.com"/>
            <param name="expire-seconds" value="60"/>
            <param name="register" value="true"/>
            <param name="retry-seconds" value="30"/>
            <param name="caller-id-in-from" value="false"/>
            <param name="contact-params" value="tport=tcp"/>
            <param name="ping" value="25"/>
            <variables>
              <variable name="inbound_var_name" value="foo" direction="inbound"/>
              <variable name="both_var_name" value="baz"/>
            </variables>
          </gateway>
        </include>
        """

    static let vars = """
        <include>
          <X-PRE-PROCESS cmd="set" data="default_password=1234"/>
          <X-PRE-PROCESS cmd="set" data="sound_prefix=$${sounds_dir}/en/us/callie"/>
          <!--<Z-PRE-PROCESS cmd="set" data="sound_prefix=$${sounds_dir}/en/us/allison"/> -->
          <X-PRE-PROCESS cmd="set" data="domain=$${local_ip_v4}"/>
          <X-PRE-PROCESS cmd="set" data="domain_name=$${domain}"/>
          <X-PRE-PROCESS cmd="set" data="hold_music=local_stream://moh"/>
          <X-PRE-PROCESS cmd="set" data="use_profile=external"/>
          <X-PRE-PROCESS cmd="set" data="rtp_sdes_suites=AEAD_AES_256_GCM_8|AES_CM_128_HMAC_SHA1_80|AES_CM_128_NULL_AUTH"/>
          <X-PRE-PROCESS cmd="set" data="global_codec_prefs=OPUS,G722,PCMU,PCMA,H264,VP8"/>
          <X-PRE-PROCESS cmd="stun-set" data="external_rtp_ip=stun:stun.freeswitch.org"/>
          <X-PRE-PROCESS cmd="stun-set" data="external_sip_ip=stun:stun.freeswitch.org"/>
          <X-PRE-PROCESS cmd="set" data="outbound_codec_prefs=OPUS,G722,PCMU,H264,VP8"/>
          <X-PRE-PROCESS cmd="set" data="sip_tls_version=tlsv1,tlsv1.1,tlsv1.2"/>
          <X-PRE-PROCESS cmd="set" data="internal_auth_calls=true"/>
          <X-PRE-PROCESS cmd="set" data="internal_sip_port=5060"/>
          <X-PRE-PROCESS cmd="set" data="internal_tls_port=5061"/>
          <X-PRE-PROCESS cmd="set" data="internal_ssl_enable=false"/>
          <X-PRE-PROCESS cmd="set" data="external_auth_calls=false"/>
          <X-PRE-PROCESS cmd="set" data="external_sip_port=5080"/>
          <X-PRE-PROCESS cmd="set" data="external_tls_port=5081"/>
          <X-PRE-PROCESS cmd="set" data="external_ssl_enable=false"/>
          <X-PRE-PROCESS cmd="set" data="unroll_loops=true"/>
          <X-PRE-PROCESS cmd="set" data="outbound_caller_name=FreeSWITCH"/>
          <X-PRE-PROCESS cmd="set" data="outbound_caller_id=0000000000"/>
          <X-PRE-PROCESS cmd="set" data="call_debug=false"/>
          <X-PRE-PROCESS cmd="set" data="default_areacode=918"/>
          <X-PRE-PROCESS cmd="set" data="us-ring=%(2000,4000,440,480)"/>
          <X-PRE-PROCESS cmd="set" data="bong-ring=v=-7;%(100,0,941.0,1477.0);v=-7;>=2;+=.1;%(1400,0,350,440)"/>
          <X-PRE-PROCESS cmd="set" data="default_provider=example.com"/>
          <X-PRE-PROCESS cmd="set" data="video_mute_png=$${images_dir}/default-mute.png"/>
        </include>
        """

    static let verto = """
        <configuration name="verto.conf" description="HTML5 Verto Endpoint">
          <settings>
            <param name="debug" value="0"/>
            <!-- seconds to wait before hanging up a disconnected channel -->
            <param name="enable-fs-events" value="false"/>
          </settings>
          <profiles>
            <profile name="default-v4">
              <param name="bind-local" value="$${local_ip_v4}:8081"/>
              <param name="bind-local" value="$${local_ip_v4}:8082" secure="true"/>
              <param name="force-register-domain" value="$${domain}"/>
              <param name="secure-combined" value="$${certs_dir}/wss.pem"/>
              <param name="secure-chain" value="$${certs_dir}/wss.pem"/>
              <param name="userauth" value="true"/>
              <param name="blind-reg" value="false"/>
              <param name="mcast-ip" value="224.1.1.1"/>
              <param name="mcast-port" value="1337"/>
              <param name="rtp-ip" value="$${local_ip_v4}"/>
              <param name="ext-rtp-ip" value="$${external_rtp_ip}"/>
              <param name="local-network" value="localnet.auto"/>
              <param name="outbound-codec-string" value="opus,h264,vp8"/>
              <param name="inbound-codec-string" value="opus,h264,vp8"/>
              <param name="apply-candidate-acl" value="localnet.auto"/>
              <param name="apply-candidate-acl" value="wan_v4.auto"/>
              <param name="apply-candidate-acl" value="rfc1918.auto"/>
              <param name="apply-candidate-acl" value="any_v4.auto"/>
              <param name="timer-name" value="soft"/>
            </profile>
            <profile name="default-v6">
              <param name="bind-local" value="[$${local_ip_v6}]:8081"/>
              <param name="bind-local" value="[$${local_ip_v6}]:8082" secure="true"/>
              <param name="force-register-domain" value="$${domain}"/>
              <param name="secure-combined" value="$${certs_dir}/wss.pem"/>
              <param name="secure-chain" value="$${certs_dir}/wss.pem"/>
              <param name="userauth" value="true"/>
              <param name="blind-reg" value="false"/>
              <param name="rtp-ip" value="$${local_ip_v6}"/>
              <param name="outbound-codec-string" value="opus,h264,vp8"/>
              <param name="inbound-codec-string" value="opus,h264,vp8"/>
              <param name="apply-candidate-acl" value="wan_v6.auto"/>
              <param name="timer-name" value="soft"/>
            </profile>
          </profiles>
        </configuration>
        """

    static let conference = """
        <configuration name="conference.conf" description="Audio Conference">
          <advertise><room name="3001@$${domain}" status="FreeSWITCH"/></advertise>
          <caller-controls>
            <group name="default">
              <control action="mute" digits="0"/>
              <control action="deaf mute" digits="*"/>
              <control action="energy up" digits="9"/>
              <control action="vol talk zero" digits="2"/>
              <control action="hangup" digits="#"/>
            </group>
          </caller-controls>
          <profiles>
        \(profile("default", rate: 8_000, extra: ""))
        \(profile("wideband", rate: 16_000, extra: ""))
        \(profile("ultrawideband", rate: 32_000, extra: ""))
        \(profile("cdquality", rate: 48_000, extra: ""))
        \(profile("video-mcu-stereo", rate: 48_000, extra: stereo))
            <profile name="sla">
              <param name="domain" value="$${domain}"/>
              <param name="rate" value="16000"/>
              <param name="interval" value="20"/>
              <param name="caller-controls" value="none"/>
              <param name="energy-level" value="200"/>
              <param name="moh-sound" value="silence"/>
              <param name="comfort-noise" value="true"/>
            </profile>
          </profiles>
        </configuration>
        """

    private static func profile(_ name: String, rate: Int, extra: String) -> String {
        """
        <profile name="\(name)">
          <param name="domain" value="$${domain}"/>
          <param name="rate" value="\(rate)"/>
          <param name="interval" value="20"/>
          <param name="energy-level" value="100"/>
          <param name="muted-sound" value="conference/conf-muted.wav"/>
          <param name="unmuted-sound" value="conference/conf-unmuted.wav"/>
          <param name="alone-sound" value="conference/conf-alone.wav"/>
          <param name="moh-sound" value="$${hold_music}"/>
          <param name="enter-sound" value="tone_stream://%(200,0,500,600,700)"/>
          <param name="exit-sound" value="tone_stream://%(500,0,300,200,100,50,25)"/>
          <param name="kicked-sound" value="conference/conf-kicked.wav"/>
          <param name="locked-sound" value="conference/conf-locked.wav"/>
          <param name="is-locked-sound" value="conference/conf-is-locked.wav"/>
          <param name="is-unlocked-sound" value="conference/conf-is-unlocked.wav"/>
          <param name="pin-sound" value="conference/conf-pin.wav"/>
          <param name="bad-pin-sound" value="conference/conf-bad-pin.wav"/>
          <param name="caller-id-name" value="$${outbound_caller_name}"/>
          <param name="caller-id-number" value="$${outbound_caller_id}"/>
          <param name="comfort-noise" value="true"/>
          \(extra)
        </profile>
        """
    }

    private static let stereo = """
        <param name="channels" value="2"/>
        <param name="video-mode" value="mux"/>
        <param name="video-layout-name" value="3x3"/>
        <param name="video-layout-name" value="group:grid"/>
        <param name="video-canvas-size" value="1920x1080"/>
        <param name="video-canvas-bgcolor" value="#333333"/>
        <param name="video-layout-bgcolor" value="#000000"/>
        <param name="video-codec-bandwidth" value="3mb"/>
        <param name="video-fps" value="30"/>
        <param name="video-auto-floor-msec" value="1000"/>
        <param name="tts-engine" value="flite"/>
        <param name="tts-voice" value="kal16"/>
        <param name="conference-flags" value="livearray-json-status|json-events|video-floor-only|rfc-4579|livearray-sync|minimize-video-encoding|manage-inbound-video-bitrate|video-required-for-canvas|video-mute-exit-canvas|mute-detect"/>
        """

    static let core = """
        <configuration name="switch.conf" description="Core Configuration">
          <cli-keybindings><key name="1" value="help"/></cli-keybindings>
          <default-ptimes></default-ptimes>
          <settings>
            <param name="colorize-console" value="true"/>
            <param name="max-db-handles" value="50"/>
            <param name="max-sessions" value="1000"/>
            <param name="sessions-per-second" value="30"/>
            <param name="loglevel" value="debug"/>
            <param name="mailer-app" value="sendmail"/>
            <param name="rtp-start-port" value="16384"/>
            <param name="rtp-end-port" value="32768"/>
          </settings>
        </configuration>
        """

    static let directory = """
        <include>
          <domain name="$${domain}">
            <params>
              <param name="dial-string" value="{^^:sip_invite_domain=${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})},${verto_contact(${dialed_user}@${dialed_domain})}"/>
              <param name="jsonrpc-allowed-methods" value="verto"/>
              <!-- <param name="jsonrpc-allowed-event-channels" value="demo,conference,presence"/> -->
            </params>
            <variables>
              <variable name="record_stereo" value="true"/>
              <variable name="default_gateway" value="$${default_provider}"/>
              <variable name="default_areacode" value="$${default_areacode}"/>
              <variable name="transfer_fallback_extension" value="operator"/>
            </variables>
            <groups>
              <group name="default"><users><X-PRE-PROCESS cmd="include" data="default/*.xml"/></users></group>
              <group name="sales"><users><user id="1000" type="pointer"/><user id="1001" type="pointer"/></users></group>
            </groups>
          </domain>
        </include>
        """

    private static func user(_ id: String) -> String {
        """
        <include>
          <user id="\(id)">
            <params>
              <param name="password" value="$${default_password}"/>
              <param name="vm-password" value="\(id)"/>
            </params>
            <variables>
              <variable name="toll_allow" value="domestic,international,local"/>
              <variable name="accountcode" value="\(id)"/>
              <variable name="user_context" value="default"/>
              <variable name="effective_caller_id_name" value="Extension \(id)"/>
              <variable name="callgroup" value="techsupport"/>
            </variables>
          </user>
        </include>
        """
    }

    static let dialplan = #"""
        <?xml version="1.0" encoding="utf-8"?>
        <include>
          <context name="default">
            <extension name="unloop">
              <condition field="${unroll_loops}" expression="^true$"/>
              <condition field="${sip_looped_call}" expression="^true$">
                <action application="deflect" data="${destination_number}"/>
              </condition>
            </extension>
            <extension name="tod_example" continue="true">
              <condition wday="2-6" hour="9-18"><action application="set" data="open=true"/></condition>
            </extension>
            <extension name="global-intercept">
              <condition field="destination_number" expression="^886$">
                <action application="answer"/>
                <action application="intercept" data="${hash(select/${domain_name}-last_dial_ext/global)}"/>
                <action application="sleep" data="2000"/>
              </condition>
            </extension>
            <extension name="intercept-ext">
              <condition field="destination_number" expression="^\*\*(\d+)$">
                <action application="intercept" data="${hash(select/${domain_name}-last_dial_ext/$1)}"/>
              </condition>
            </extension>
            <extension name="global" continue="true">
              <condition field="${call_debug}" expression="^true$" break="never">
                <action application="info"/>
              </condition>
              <condition field="${default_password}" expression="^1234$" break="never">
                <action application="log" data="CRIT Open $${conf_dir}/vars.xml and change the default_password."/>
                <action application="sleep" data="10000"/>
              </condition>
              <condition field="${rtp_has_crypto}" expression="^($${rtp_sdes_suites})$" break="never">
                <action application="set" data="rtp_secure_media=true"/>
              </condition>
              <condition field="${endpoint_disposition}" expression="^(DELAYED NEGOTIATION)"/>
              <condition field="${switch_r_sdp}" expression="(AES_CM_128_HMAC_SHA1_32|AES_CM_128_HMAC_SHA1_80)" break="never">
                <action application="set" data="rtp_secure_media=true"/>
              </condition>
              <condition>
                <action application="hash" data="insert/${domain_name}-spymap/${caller_id_number}/${uuid}"/>
                <action application="export" data="RFC2822_DATE=${strftime(%a, %d %b %Y %T %z)}"/>
              </condition>
            </extension>
            <extension name="eavesdrop">
              <condition field="destination_number" expression="^88(\d{4})$|^\*0(.*)$">
                <action application="eavesdrop" data="${hash(select/${domain_name}-spymap/$1$2)}"/>
              </condition>
            </extension>
            <extension name="Local_Extension">
              <condition field="destination_number" expression="^(10[01][0-9])$">
                <action application="export" data="dialed_extension=$1"/>
                <action application="bind_meta_app" data="1 b s execute_extension::dx XML features"/>
                <action application="set" data="ringback=${us-ring}"/>
                <action application="set" data="hangup_after_bridge=true"/>
                <action application="bridge" data="user/${dialed_extension}@${domain_name}"/>
                <action application="answer"/>
              </condition>
            </extension>
            <extension name="nb_conferences">
              <condition field="destination_number" expression="^(30\d{2})$">
                <action application="answer"/>
                <action application="conference" data="$1-${domain_name}@default"/>
              </condition>
            </extension>
            <extension name="cdquality_conferences">
              <condition field="destination_number" expression="^(35\d{2}).*?-screen$">
                <action application="answer"/>
                <action application="send_display" data="FreeSWITCH Conference|$1"/>
                <action application="set" data="conference_member_flags=join-vid-floor"/>
                <action application="conference" data="$1@video-mcu-stereo"/>
              </condition>
            </extension>
            <extension name="conference-canvases" continue="true">
              <condition field="destination_number" expression="(35\d{2})-canvas-(\d+)">
                <action application="push" data="conference_member_flags=second-screen"/>
                <action application="set" data="video_initial_watching_canvas=$2"/>
                <action application="transfer" data="$1"/>
              </condition>
            </extension>
            <extension name="cdquality_stereo_conferences">
              <condition field="destination_number" expression="^(35\d{2})$">
                <action application="answer"/>
                <action application="conference" data="$1@video-mcu-stereo"/>
              </condition>
            </extension>
            <extension name="conference_moderator">
              <condition field="destination_number" expression="^6070-moderator$">
                <action application="answer"/>
                <action application="conference" data="$1-${domain_name}@default+flags{moderator}"/>
              </condition>
            </extension>
            <extension name="mad_boss_intercom">
              <condition field="destination_number" expression="^0911$">
                <action application="set" data="conference_auto_outcall_flags=mute"/>
                <action application="set" data="conference_auto_outcall_prefix={sip_auto_answer=true,execute_on_answer='bind_meta_app 2 a s1 transfer::intercept:${uuid} inline'}"/>
                <action application="conference_set_auto_outcall" data="${group_call(sales)}"/>
                <action application="conference" data="madboss_intercom1@default+flags{endconf|deaf}"/>
              </condition>
            </extension>
            <extension name="valet_park">
              <condition field="destination_number" expression="^((?!6000)60\d{2})$">
                <action application="answer"/>
                <action application="valet_park" data="valet_parking_lot $1"/>
              </condition>
            </extension>
            <extension name="park">
              <condition field="source" expression="mod_sofia"/>
              <condition field="${sip_refer_to}">
                <expression><![CDATA[<sip:callpark@${domain_name};orbit=(\d+)>]]></expression>
                <action application="fifo" data="$1@${domain_name} in undef $${hold_music}"/>
              </condition>
            </extension>
            <extension name="unpark">
              <condition field="${sip_to_params}" expression="fifo\=(\d+)">
                <action application="fifo" data="$1@${domain_name} out nowait"/>
              </condition>
            </extension>
            <extension name="wait">
              <condition field="destination_number" expression="^wait$">
                <action application="pre_answer"/>
                <action application="sleep" data="20000"/>
                <action application="answer"/>
                <action application="playback" data="voicemail/vm-goodbye.wav"/>
                <action application="hangup"/>
              </condition>
            </extension>
            <extension name="ringback_180">
              <condition field="destination_number" expression="^9180$">
                <action application="ring_ready"/>
                <action application="sleep" data="20000"/>
              </condition>
            </extension>
            <extension name="echo">
              <condition field="destination_number" expression="^9196$">
                <action application="answer"/>
                <action application="echo"/>
              </condition>
            </extension>
            <extension name="milliwatt">
              <condition field="destination_number" expression="^9197$">
                <action application="answer"/>
                <action application="playback" data="{loops=-1}tone_stream://%(251,0,1004)"/>
              </condition>
            </extension>
            <extension name="tone_stream">
              <condition field="destination_number" expression="^9198$">
                <action application="playback" data="{loops=10}tone_stream://path=$${conf_dir}/tetris.ttml"/>
              </condition>
            </extension>
            <extension name="hold_music">
              <condition field="destination_number" expression="^9664$"/>
              <condition field="${rtp_has_crypto}" expression="^(AES_CM_128_HMAC_SHA1_32|AES_CM_128_HMAC_SHA1_80)$">
                <action application="answer"/>
                <action application="execute_extension" data="is_secure XML features"/>
                <anti-action application="set" data="zrtp_secure_media=true"/>
                <anti-action application="answer"/>
                <anti-action application="playback" data="silence_stream://2000"/>
              </condition>
            </extension>
            <X-PRE-PROCESS cmd="include" data="default/*.xml"/>
            <extension name="acknowledge_call">
              <condition field="destination_number" expression="^(.*)$">
                <action application="acknowledge_call"/>
                <action application="ringback" data="$${us-ring}"/>
              </condition>
            </extension>
          </context>
        </include>
        """#

    static let publicDialplan = #"""
        <include>
          <context name="public">
            <extension name="public_extensions">
              <condition field="destination_number" expression="^(10[01][0-9])$">
                <action application="transfer" data="$1 XML default"/>
              </condition>
            </extension>
            <extension name="check_auth" continue="true">
              <condition field="${sip_authorized}" expression="^true$" break="never">
                <anti-action application="respond" data="407"/>
              </condition>
            </extension>
          </context>
        </include>
        """#
}
