/// The shipped `conf/` without its comments, for a server that finds no configuration. A test compares the two.
enum BuiltInTree {
    static let files: [String: String] = [
        "built-in/autoload_configs/verto.conf.xml": verto,
        "built-in/autoload_configs/conference.conf.xml": conference,
        "built-in/autoload_configs/sofia.conf.xml": sofia,
        "built-in/autoload_configs/acl.conf.xml": acl,
        "built-in/directory/default.xml": directory,
        "built-in/dialplan/default.xml": dialplan,
        "built-in/dialplan/public.xml": publicDialplan,
    ]

    private static let verto = """
        <configuration name="verto.conf">
          <profiles>
            <profile name="default">
              <param name="bind-local" value="0.0.0.0:8081"/>
              <param name="bind-local" value="0.0.0.0:8082" secure="true"/>
              <param name="force-register-domain" value="$${domain}"/>
              <param name="userauth" value="true"/>
              <param name="context" value="default"/>
              <param name="rtp-ip" value="$${local_ip_v4}"/>
              <param name="outbound-codec-string" value="opus,vp8"/>
            </profile>
          </profiles>
        </configuration>
        """

    private static let conference = """
        <configuration name="conference.conf">
          <caller-controls>
            <group name="default">
              <control action="mute" digits="0"/>
              <control action="deaf mute" digits="*"/>
              <control action="vmute" digits="*0"/>
              <control action="energy up" digits="9"/>
              <control action="energy equ" digits="8"/>
              <control action="energy dn" digits="7"/>
              <control action="vol talk up" digits="3"/>
              <control action="vol talk zero" digits="2"/>
              <control action="vol talk dn" digits="1"/>
              <control action="vol listen up" digits="6"/>
              <control action="vol listen zero" digits="5"/>
              <control action="vol listen dn" digits="4"/>
              <control action="hangup" digits="#"/>
            </group>
          </caller-controls>
          <profiles>
            <profile name="default">
              <param name="domain" value="$${domain}"/>
              <param name="rate" value="48000"/>
              <param name="interval" value="20"/>
              <param name="energy-level" value="100"/>
              <param name="conference-flags" value="livearray-sync|livearray-json-status|json-events"/>
            </profile>
            <profile name="video-mcu-stereo">
              <param name="domain" value="$${domain}"/>
              <param name="rate" value="48000"/>
              <param name="interval" value="20"/>
              <param name="energy-level" value="200"/>
              <param name="conference-flags"
                     value="livearray-sync|livearray-json-status|json-events|rfc-4579|video-floor-only"/>
            </profile>
          </profiles>
        </configuration>
        """

    private static let sofia = """
        <configuration name="sofia.conf">
          <profiles>
            <profile name="external">
              <domains><domain name="all" parse="true"/></domains>
              <settings>
                <param name="sip-ip" value="$${local_ip_v4}"/>
                <param name="sip-port" value="5080"/>
                <param name="rtp-ip" value="$${local_ip_v4}"/>
                <param name="local-network-acl" value="localnet.auto"/>
                <param name="tls-sip-port" value="5081"/>
                <param name="tls-cert-dir" value="$${certs_dir}"/>
                <param name="auth-calls" value="false"/>
                <param name="disable-register" value="true"/>
                <param name="disable-transfer" value="true"/>
                <param name="context" value="public"/>
                <param name="outbound-codec-prefs" value="PCMU,PCMA,G722,OPUS"/>
              </settings>
            </profile>
            <profile name="internal">
              <settings>
                <param name="sip-ip" value="$${local_ip_v4}"/>
                <param name="sip-port" value="5060"/>
                <param name="rtp-ip" value="$${local_ip_v4}"/>
                <param name="local-network-acl" value="localnet.auto"/>
                <param name="tls" value="true"/>
                <param name="tls-sip-port" value="5061"/>
                <param name="tls-cert-dir" value="$${certs_dir}"/>
                <param name="auth-calls" value="true"/>
                <param name="apply-inbound-acl" value="domains"/>
                <param name="force-register-domain" value="$${domain}"/>
                <param name="context" value="public"/>
              </settings>
            </profile>
          </profiles>
        </configuration>
        """

    private static let acl = """
        <configuration name="acl.conf">
          <network-lists>
            <list name="domains" default="deny"><node type="allow" domain="$${domain}"/></list>
            <list name="trunks" default="deny"/>
          </network-lists>
        </configuration>
        """

    private static let directory = """
        <domain name="$${domain}">
          <params>
            <param name="jsonrpc-allowed-methods" value="verto"/>
          </params>
          <variables>
            <variable name="user_context" value="default"/>
          </variables>
          <user id="moderator">
            <params>
              <param name="password" value="$${moderator_password}"/>
              <param name="jsonrpc-allowed-event-channels" value="conference-rooms,presence,user"/>
            </params>
            <variables>
              <variable name="moderator" value="true"/>
              <variable name="conference_member_flags" value="moderator"/>
            </variables>
          </user>
          <user id="guest">
            <params>
              <param name="password" value="$${guest_password}"/>
            </params>
          </user>
          <user id="dashboard">
            <params>
              <param name="password" value="$${dashboard_password}"/>
              <param name="sip-allowed" value="false"/>
              <param name="jsonrpc-allowed-methods"
                     value="echo,verto.ping,verto.subscribe,verto.unsubscribe,verto.broadcast"/>
              <param name="jsonrpc-allowed-event-channels" value="conference-liveArray,conference-rooms"/>
            </params>
          </user>
        </domain>
        """

    private static let dialplan = #"""
        <context name="default">
          <extension name="echo">
            <condition field="destination_number" expression="^9196$">
              <action application="answer"/>
              <action application="echo"/>
            </condition>
          </extension>
          <extension name="tone">
            <condition field="destination_number" expression="^9197$">
              <action application="answer"/>
              <action application="playback" data="{loops=-1}tone_stream://%(251,0,1004)"/>
            </condition>
          </extension>
          <extension name="screen">
            <condition field="destination_number" expression="^(3\d{3})-screen$">
              <action application="answer"/>
              <action application="set" data="conference_member_flags=join-vid-floor"/>
              <action application="conference" data="$1@default"/>
            </condition>
          </extension>
          <extension name="rooms">
            <condition field="destination_number" expression="^(3\d{3})$">
              <action application="answer"/>
              <action application="conference" data="$1@default"/>
            </condition>
          </extension>
          <extension name="users">
            <condition field="destination_number" expression="^([A-Za-z0-9][A-Za-z0-9._-]{0,63})$">
              <action application="set" data="ringback=tone_stream://%(1000,3000,425)"/>
              <action application="set" data="call_timeout=45"/>
              <action application="set" data="hangup_after_bridge=true"/>
              <action application="bridge" data="user/$1@${domain_name}"/>
            </condition>
          </extension>
        </context>
        """#

    private static let publicDialplan = #"""
        <context name="public">
          <extension name="echo">
            <condition field="destination_number" expression="^9196$">
              <action application="answer"/>
              <action application="echo"/>
            </condition>
          </extension>
        </context>
        """#
}
