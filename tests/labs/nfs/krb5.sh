# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# krb5.sh - a Kerberos realm in the guest, for LAB_NFS_SEC of lib.sh, which sources this: a KDC beside the
# server, and the two daemons that speak for the kernel, one in each network namespace.
LAB_KRB5_REALM=LAB.TEST
LAB_KRB5_SERVER=server.lab
LAB_KRB5_DIR=/run/lab-krb5
# A superblock of rpc_pipefs belongs to a network namespace
LAB_KRB5_CLIENT_PIPES=$LAB_KRB5_DIR/pipes
export KRB5_CONFIG=$LAB_KRB5_DIR/krb5.conf KRB5_KDC_PROFILE=$LAB_KRB5_DIR/kdc.conf

lab_krb5_write_files() {
	cat >"$KRB5_CONFIG" <<-EOT
		[libdefaults]
			default_realm = $LAB_KRB5_REALM
			default_keytab_name = FILE:$LAB_KRB5_DIR/keytab
			dns_lookup_kdc = false
			dns_lookup_realm = false
			dns_canonicalize_hostname = false
			permitted_enctypes = aes256-cts-hmac-sha1-96
		[realms]
			$LAB_KRB5_REALM = {
				kdc = 10.9.0.1
			}
		[domain_realm]
			.lab = $LAB_KRB5_REALM
	EOT
	cat >"$KRB5_KDC_PROFILE" <<-EOT
		[realms]
			$LAB_KRB5_REALM = {
				database_name = $LAB_KRB5_DIR/principal
				key_stash_file = $LAB_KRB5_DIR/stash
				supported_enctypes = aes256-cts-hmac-sha1-96:normal
			}
	EOT
}

lab_krb5_realm() {
	local principal

	rm -rf "$LAB_KRB5_DIR"
	mkdir -p "$LAB_KRB5_DIR"
	lab_krb5_write_files
	printf '10.9.0.1 %s # lab\n10.9.0.2 client.lab # lab\n' "$LAB_KRB5_SERVER" >>/etc/hosts
	kdb5_util create -s -r "$LAB_KRB5_REALM" -P "$LAB_KRB5_REALM" >"$LAB_KRB5_DIR/log" 2>&1 || return
	for principal in "nfs/$LAB_KRB5_SERVER" nfs/client.lab; do
		kadmin.local -q "addprinc -randkey $principal" >>"$LAB_KRB5_DIR/log" 2>&1 &&
			kadmin.local -q "ktadd -k $LAB_KRB5_DIR/keytab $principal" >>"$LAB_KRB5_DIR/log" 2>&1 || return
	done
}

lab_krb5_up() {
	lab_krb5_realm || lab_nfs_fail "Kerberos: the realm: $(cat "$LAB_KRB5_DIR/log")" || return
	krb5kdc || lab_nfs_fail 'Kerberos: krb5kdc did not start' || return
	rpc.svcgssd -p "nfs/$LAB_KRB5_SERVER@$LAB_KRB5_REALM" || lab_nfs_fail 'rpc.svcgssd did not start' || return
	mkdir -p "$LAB_KRB5_CLIENT_PIPES"
	# The client's principal is that of its name in /etc/hosts, and not the guest's
	lab_nfs_client mount -t rpc_pipefs rpc_pipefs "$LAB_KRB5_CLIENT_PIPES" || return
	lab_nfs_client unshare --uts sh -c "hostname client.lab && exec rpc.gssd -p $LAB_KRB5_CLIENT_PIPES -k $LAB_KRB5_DIR/keytab -d $LAB_KRB5_DIR" ||
		lab_nfs_fail 'rpc.gssd did not start'
}

lab_krb5_down() {
	local rc=0

	pkill -x rpc.gssd || rc=1
	pkill -x rpc.svcgssd || rc=1
	pkill -x krb5kdc || rc=1
	umount "$LAB_KRB5_CLIENT_PIPES" || rc=1
	sed '/ # lab$/d' /etc/hosts >"$LAB_KRB5_DIR/hosts" && cat "$LAB_KRB5_DIR/hosts" >/etc/hosts || rc=1
	return $rc
}
