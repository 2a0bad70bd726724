//! The kinds of AWS WAF.

kinds! {
    web_acl::WebAcl,
    web_acl_association::WebAclAssociation,
}
