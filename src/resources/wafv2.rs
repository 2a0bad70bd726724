//! The kinds of AWS WAF.

mod web_acl_calls;
mod web_acl_rules;

kinds! {
    web_acl::WebAcl,
    web_acl_association::WebAclAssociation,
}
